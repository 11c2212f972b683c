-- Nixamine as a source of none-ls. Not beside the language server: every
-- finding would show twice.

local null_ls = require('null-ls')

-- Columns of Nixamine count characters from 1; none-ls counts bytes from 1.
local function column(buffer, place)
  local line = vim.api.nvim_buf_get_lines(buffer, place.line - 1, place.line, false)[1] or ''
  return vim.str_byteindex(line, 'utf-32', place.column - 1, false) + 1
end

null_ls.register({
  name = 'nixamine',
  method = null_ls.methods.DIAGNOSTICS,
  filetypes = { 'nix' },
  generator = null_ls.generator({
    command = 'nixamine',
    args = { 'check', '--format=json', '--force-exclude', '--stdin', '--stdin-filename', '$FILENAME' },
    to_stdin = true,
    format = 'json',
    -- 1 means that something was found. The summary stands on standard error.
    check_exit_code = { 0, 1 },
    ignore_stderr = true,
    on_output = function(params)
      return vim.tbl_map(function(it)
        return {
          row = it.range.start.line,
          col = column(params.bufnr, it.range.start),
          end_row = it.range['end'].line,
          end_col = column(params.bufnr, it.range['end']),
          severity = vim.diagnostic.severity[it.severity == 'warning' and 'WARN' or it.severity:upper()],
          message = it.message,
          code = it.rule,
          source = 'nixamine',
        }
      end, params.output.diagnostics)
    end,
  }),
})
