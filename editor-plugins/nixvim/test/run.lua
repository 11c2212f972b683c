-- Runs inside a Neovim that Nixvim configured; `run` starts it, once with all
-- settings (NIXAMINE_CASE=full) and once with `enable` alone (plain).

local work = vim.env.NIXAMINE_TEST
local full = vim.env.NIXAMINE_CASE == 'full'
-- Has one finding with a safe fix, and is too long.
local MONITORING = work .. '/project/modules/nixos/monitoring.nix'

-- How long something may take, in milliseconds. It is not measured here.
local PATIENCE = 30000
-- How long nothing must happen, where nothing should.
local CALM = 500

local notified = {}
vim.notify = function(message)
  table.insert(notified, message)
end

local function read(path)
  local file = assert(io.open(path, 'rb'))
  local text = file:read('*a')
  file:close()
  return text
end

local function count(rule)
  return #vim.tbl_filter(function(it)
    return it.source == 'nixamine' and it.code == rule
  end, vim.diagnostic.get(0))
end

local function wait_for(what, holds)
  if not vim.wait(PATIENCE, holds, 20) then
    error(
      ('this did not happen: %s\nfindings: %s\nnotified: %s'):format(
        what,
        vim.inspect(vim.diagnostic.get(0)),
        vim.inspect(notified)
      ),
      0
    )
  end
end

local function same(what, wanted, got)
  if not vim.deep_equal(wanted, got) then
    error(('%s\nwanted %s\ngot %s'):format(what, vim.inspect(wanted), vim.inspect(got)), 0)
  end
end

local function step(name, body)
  notified = {}
  local ok, why = pcall(body)
  io.stdout:write(ok and 'ok   ' or 'FAIL ', name, '\n')
  if not ok then
    io.stdout:write('     ', (tostring(why):gsub('\n', '\n     ')), '\n')
    io.stdout:flush()
    vim.cmd('cquit 1')
  end
  io.stdout:flush()
end

step('Neovim starts without a complaint', function()
  same('the last error', '', vim.v.errmsg)
  same('the command', 2, vim.fn.exists(':Nixamine'))
  same('the program', work .. '/package/bin/nixamine', vim.fn.exepath('nixamine'))
end)

step('the server attaches to a module', function()
  vim.cmd.edit(vim.fn.fnameescape(MONITORING))
  wait_for('a server runs', function()
    local client = vim.lsp.get_clients({ name = 'nixamine', bufnr = 0 })[1]
    return client and client.initialized
  end)
  same('the servers', 1, #vim.lsp.get_clients({ bufnr = 0 }))
end)

step('a finding appears', function()
  wait_for('a finding', function()
    return count('unquoted-sysctl-key') == 1
  end)
end)

step(full and 'settings reach the server' or 'without settings every rule is on', function()
  vim.wait(CALM)
  same('findings of long-module, which the settings ignore', full and 0 or 1, count('long-module'))
end)

step(full and 'saving applies the safe fixes' or 'saving fixes nothing', function()
  local before = read(MONITORING)
  local fix = { 'nixamine', 'fix', '--stdin', '--stdin-filename', MONITORING }
  local fixed = vim.system(fix, { text = true, stdin = before, cwd = work .. '/project' }):wait(PATIENCE)
  same('what the program says', { 0, '' }, { fixed.code, fixed.stderr:match('panicked') or '' })
  assert(fixed.stdout ~= before, 'there is something to fix')
  -- A file that was changed and changed back is written all the same.
  vim.bo.modified = true
  vim.cmd.write()
  same('the file', full and fixed.stdout or before, read(MONITORING))
  if full then
    wait_for('the finding is gone', function()
      return count('unquoted-sysctl-key') == 0
    end)
  end
  same('what was notified', {}, notified)
end)

vim.cmd('qall!')
