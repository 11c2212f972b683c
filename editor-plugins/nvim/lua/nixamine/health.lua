--- :checkhealth nixamine
local M = {}

local OLDEST = '0.11'

local function neovim()
  local version = tostring(vim.version())
  if vim.fn.has('nvim-' .. OLDEST) == 1 then
    vim.health.ok('Neovim ' .. version)
    return true
  end
  vim.health.error(('Neovim %s is too old'):format(version), 'Install ' .. OLDEST .. ' or newer.')
end

local function executable(nixamine)
  local program = nixamine.program()[1]
  local path = vim.fn.exepath(program)
  if path == '' then
    vim.health.error(
      ('`%s` was not found'):format(program),
      'Install Nixamine so that it is on PATH, or give its path with vim.lsp.config() or setup().'
    )
    return
  end
  local version, why = nixamine.run('--version')
  if not version then
    vim.health.error(('`%s` does not run: %s'):format(path, why))
    return
  end
  vim.health.ok(('%s (%s)'):format(vim.trim(version), path))
  local _, no_server = nixamine.run('lsp', '--help')
  if no_server then
    vim.health.error('It has no language server', 'Install a newer Nixamine.')
  end
end

--- The buffer that :checkhealth was called for: it opens one of its own.
local function last_used()
  local buffers = vim.tbl_filter(function(info)
    return vim.bo[info.bufnr].filetype == 'nix'
  end, vim.fn.getbufinfo({ bufloaded = 1 }))
  table.sort(buffers, function(a, b)
    return a.lastused > b.lastused
  end)
  return buffers[1] and buffers[1].bufnr
end

local function client_of(nixamine, buffer)
  local clients = nixamine.clients(buffer)
  if #clients == 0 then
    vim.health.warn('No server runs for it', {
      'Call vim.lsp.enable("nixamine") or require("nixamine").setup().',
      ':checkhealth vim.lsp says more.',
    })
  elseif #clients > 1 then
    vim.health.warn(('%d servers run for it, so that findings show more than once'):format(#clients))
  end
  for _, client in ipairs(clients) do
    vim.health.ok(('A server runs for it, started with `%s`'):format(
      type(client.config.cmd) == 'table' and table.concat(client.config.cmd, ' ') or 'a function'
    ))
    if client.root_dir then
      vim.health.ok('Root: ' .. client.root_dir)
    else
      vim.health.warn(
        'No root: only single files are checked',
        'Add a flake.nix, a nixamine.toml or a .git to the root of the configuration.'
      )
    end
  end
end

local function configuration(nixamine, buffer)
  local name = vim.api.nvim_buf_get_name(buffer)
  for _, client in ipairs(nixamine.clients(buffer)) do
    local given = vim.tbl_get(client, 'settings', 'nixamine', 'configFile')
    if given then
      vim.health.info('Configuration, as the settings say: ' .. given)
      return
    end
  end
  local found = vim.fs.find('nixamine.toml', { upward = true, path = vim.fs.dirname(name) })[1]
  vim.health.info(found and 'Configuration: ' .. found or 'No nixamine.toml above it: the defaults hold')
end

--- Linters of Nix that run beside the server, with the plugin that runs them.
local function others()
  local found = {}
  local lint = package.loaded['lint']
  for _, name in ipairs(lint and lint.linters_by_ft.nix or {}) do
    table.insert(found, { name = name, by = 'nvim-lint' })
  end
  local none_ls = package.loaded['null-ls']
  for _, source in ipairs(none_ls and none_ls.get_sources() or {}) do
    if source.filetypes.nix then
      table.insert(found, { name = source.name, by = 'none-ls' })
    end
  end
  local conform = package.loaded['conform']
  local formatters = conform and conform.formatters_by_ft.nix
  for _, name in ipairs(type(formatters) == 'table' and formatters or {}) do
    table.insert(found, { name = name, by = 'conform' })
  end
  return found
end

local function collisions(nixamine, buffer)
  local quiet = true
  local running = #nixamine.clients(buffer) > 0
  for _, other in ipairs(others()) do
    if other.name:find('nixamine', 1, true) then
      quiet = false
      if running and other.by ~= 'conform' then
        vim.health.warn(
          other.by .. ' runs nixamine, too, so that findings show twice',
          'Keep either the server or ' .. other.by .. '.'
        )
      else
        vim.health.info(other.by .. ' runs nixamine')
      end
    elseif other.name == 'statix' or other.name == 'deadnix' then
      quiet = false
      vim.health.info(('%s runs %s beside it; both may speak of the same line'):format(other.by, other.name))
    end
  end
  if quiet then
    vim.health.ok('No other Nix linter was found in nvim-lint, none-ls or conform')
  end
end

function M.check()
  vim.health.start('Program')
  if not neovim() then
    return
  end
  local nixamine = require('nixamine')
  executable(nixamine)

  local buffer = last_used()
  if not buffer then
    vim.health.start('Buffer')
    vim.health.info('No Nix file is open')
    return
  end
  vim.health.start('Buffer ' .. vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':~:.'))
  client_of(nixamine, buffer)
  configuration(nixamine, buffer)
  collisions(nixamine, buffer)
end

return M
