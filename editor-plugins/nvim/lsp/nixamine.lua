-- What vim.lsp.enable('nixamine') starts.
---@type vim.lsp.Config
return {
  cmd = { 'nixamine', 'lsp' },
  filetypes = { 'nix' },
  root_markers = { 'nixamine.toml', 'flake.nix', '.git' },
  before_init = function(params, config)
    -- The server wants its settings when it starts, not only when it asks.
    params.initializationOptions = vim.tbl_get(config, 'settings', 'nixamine')
  end,
}
