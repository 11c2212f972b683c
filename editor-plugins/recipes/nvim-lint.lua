-- Nixamine as a linter of nvim-lint. Not beside the language server: every
-- finding would show twice.

local lint = require('lint')

-- Columns of Nixamine count characters from 1, those of Neovim bytes from 0.
local function column(buffer, place)
  local line = vim.api.nvim_buf_get_lines(buffer, place.line - 1, place.line, false)[1] or ''
  return vim.str_byteindex(line, 'utf-32', place.column - 1, false)
end

lint.linters.nixamine = {
  cmd = 'nixamine',
  stdin = true,
  args = {
    'check',
    '--format=json',
    '--force-exclude',
    '--stdin',
    '--stdin-filename',
    function()
      local name = vim.api.nvim_buf_get_name(0)
      return name ~= '' and name or 'stdin.nix'
    end,
  },
  -- 1 means that something was found.
  ignore_exitcode = true,
  parser = function(output, buffer)
    -- Without output something is wrong with the call; it was said on standard error.
    local report = output ~= '' and vim.json.decode(output) or { diagnostics = {} }
    return vim.tbl_map(function(it)
      return {
        lnum = it.range.start.line - 1,
        col = column(buffer, it.range.start),
        end_lnum = it.range['end'].line - 1,
        end_col = column(buffer, it.range['end']),
        severity = vim.diagnostic.severity[it.severity == 'warning' and 'WARN' or it.severity:upper()],
        message = it.message,
        code = it.rule,
        source = 'nixamine',
      }
    end, report.diagnostics)
  end,
}

lint.linters_by_ft.nix = vim.list_extend({ 'nixamine' }, lint.linters_by_ft.nix or {})

vim.api.nvim_create_autocmd({ 'BufWinEnter', 'BufWritePost', 'InsertLeave', 'TextChanged' }, {
  group = vim.api.nvim_create_augroup('nixamine.lint', { clear = true }),
  callback = function()
    if vim.bo.filetype == 'nix' then
      lint.try_lint()
    end
  end,
})
