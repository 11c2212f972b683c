-- The safe fixes of Nixamine as a formatter of conform.nvim, before the one that
-- lays the code out. Not beside fix_on_save of the Neovim plugin, which does the
-- same.

local conform = require('conform')

conform.formatters.nixamine = {
  command = 'nixamine',
  args = { 'fix', '--force-exclude', '--stdin', '--stdin-filename', '$FILENAME' },
}

conform.formatters_by_ft.nix = { 'nixamine', 'nixfmt' }
