-- Runs inside Neovim; `run` starts it.

local work = vim.env.NIXAMINE_TEST
local project = work .. '/project'
local nixamine = require('nixamine')

-- How long something may take, in milliseconds. It is not measured here.
local PATIENCE = 30000
-- How long nothing must happen, where nothing should.
local CALM = 1000

local function out(text)
  io.stdout:write(text, '\n')
  io.stdout:flush()
end

-- What was notified, so that it can be looked at and nothing waits for a key.
local notified = {}
vim.notify = function(message)
  table.insert(notified, message)
end

local function read(path)
  local file = assert(io.open(project .. '/' .. path, 'rb'))
  local text = file:read('*a')
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(project .. '/' .. path, 'wb'))
  file:write(text)
  file:close()
end

local function run(words, input)
  return vim.system(words, { text = true, stdin = input, cwd = project }):wait(PATIENCE)
end

local function open(path)
  vim.cmd.edit(vim.fn.fnameescape(project .. '/' .. path))
  return vim.api.nvim_get_current_buf()
end

local function text_of(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n') .. '\n'
end

-- The number of the first line that holds `text`.
local function line_with(buffer, text)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local column = line:find(text, 1, true)
    if column then
      return number, column
    end
  end
  error('no line holds ' .. text)
end

-- Findings as lines of text: lines and columns from 1, columns in bytes.
local function line_of(first, from, last, to, severity, rule)
  return ('%d:%d-%d:%d %s %s'):format(first, from, last, to, severity, rule)
end

local function seen(buffer)
  local found = vim.tbl_map(function(it)
    return line_of(
      it.lnum + 1,
      it.col + 1,
      it.end_lnum + 1,
      it.end_col + 1,
      vim.diagnostic.severity[it.severity]:lower(),
      tostring(it.code)
    )
  end, vim.diagnostic.get(buffer))
  table.sort(found)
  return found
end

-- The findings of a buffer whose rule, or whose message, holds `what`.
local function about(buffer, what)
  return vim.tbl_filter(function(it)
    return tostring(it.code):find(what, 1, true) or it.message:find(what, 1, true)
  end, vim.diagnostic.get(buffer))
end

local function everything_seen()
  local lines = {}
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local found = seen(buffer)
    if #found > 0 then
      table.insert(lines, '  findings in ' .. vim.api.nvim_buf_get_name(buffer))
      for _, line in ipairs(found) do
        table.insert(lines, '    ' .. line)
      end
    end
  end
  for _, message in ipairs(notified) do
    table.insert(lines, '  notified: ' .. message)
  end
  return table.concat(lines, '\n')
end

-- Waits until something holds.
local function wait_for(what, holds)
  if not vim.wait(PATIENCE, holds, 20) then
    error('this did not happen: ' .. what, 2)
  end
end

local function same(what, wanted, got)
  if not vim.deep_equal(wanted, got) then
    error(('%s\nwanted %s\ngot %s'):format(what, vim.inspect(wanted), vim.inspect(got)), 2)
  end
end

local function holds(what, text, piece)
  if not text:find(piece, 1, true) then
    error(('%s: %q is not in\n%s'):format(what, piece, text), 2)
  end
end

local function wait_for_findings(buffer, wanted)
  local ok = vim.wait(PATIENCE, function()
    return vim.deep_equal(wanted, seen(buffer))
  end, 20)
  if not ok then
    error(('wanted %s\ngot %s'):format(vim.inspect(wanted), vim.inspect(seen(buffer))), 2)
  end
end

-- Types keys as a person would.
local function type_keys(keys)
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(keys, true, false, true), 'tx', false)
end

local function client_of(buffer)
  wait_for('a server runs', function()
    local client = nixamine.clients(buffer)[1]
    return client and client.initialized
  end)
  return nixamine.clients(buffer)[1]
end

-- Waits until the server has answered everything so far.
local function settle(buffer)
  local client = client_of(buffer)
  local answer = client:request_sync('textDocument/codeAction', {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    range = { start = { line = 0, character = 0 }, ['end'] = { line = 0, character = 0 } },
    context = { diagnostics = {} },
  }, PATIENCE, buffer)
  assert(answer, 'the server answers')
end

local started = vim.uv.hrtime()
local steps = 0
local function step(title, body)
  local start = vim.uv.hrtime()
  notified = {}
  local ok, problem = xpcall(body, debug.traceback)
  if not ok then
    out(('FAILED %s\n%s\n%s'):format(title, problem, everything_seen()))
    vim.cmd('cquit 1')
  end
  steps = steps + 1
  out(('ok     %s (%d ms)'):format(title, (vim.uv.hrtime() - start) / 1e6))
end

-- What the command line finds, by file.
local function by_command_line()
  local result = run({ 'nixamine', 'check', '--format', 'json' })
  assert(result.code <= 1, result.stderr)
  local found = {}
  for _, it in ipairs(vim.json.decode(result.stdout).diagnostics) do
    local text = read(it.path)
    local function column(place)
      local _, last = text:sub(1, place.offset):find('.*\n')
      return place.offset - (last or 0) + 1
    end
    found[it.path] = found[it.path] or {}
    local from, to = it.range.start, it.range['end']
    local severity = it.severity == 'warning' and 'warn' or it.severity
    table.insert(
      found[it.path],
      line_of(from.line, column(from), to.line, column(to), severity, it.rule)
    )
    table.sort(found[it.path])
  end
  return found
end

local DESKTOP = 'hosts/desktop/default.nix'
local SERVER = 'hosts/server/default.nix'
local NETWORK = 'modules/nixos/network.nix'
local SHELL = 'modules/home/shell.nix'
local MONITORING = 'modules/nixos/monitoring.nix'

local AT_DESKTOP = {
  '15:38-15:49 warn mk-force',
  '24:7-24:21 warn duplicate-sysctl',
  '25:7-25:30 error duplicate-sysctl',
  '31:3-31:31 info duplicate-code',
}

local desktop

step('vim.lsp.enable starts the server at the root', function()
  vim.lsp.enable('nixamine')
  desktop = open(DESKTOP)
  local client = client_of(desktop)
  same('the root', project, client.root_dir)
  same('the command', { 'nixamine', 'lsp' }, client.config.cmd)
end)

step('a module shows its findings', function()
  wait_for_findings(desktop, AT_DESKTOP)
  local found = about(desktop, 'tcp_fastopen')[1]
  same('the source', 'nixamine', found.source)
  holds('the message', found.message, 'is also set in ' .. NETWORK)
  local raw = found.user_data.lsp
  holds('the link', raw.codeDescription.href, 'duplicate-sysctl')
  holds('the other place', raw.relatedInformation[1].location.uri, NETWORK)
end)

step('a file that is not open has findings, too', function()
  local buffer = vim.uri_to_bufnr(vim.uri_from_fname(project .. '/' .. NETWORK))
  assert(not vim.api.nvim_buf_is_loaded(buffer), 'nobody opened it')
  wait_for_findings(buffer, { '11:23-11:30 info hardcoded-username', '17:5-17:28 error duplicate-sysctl' })
end)

step('every file shows what the command line finds', function()
  local expected = by_command_line()
  local files = vim.fs.find(function(name)
    return name:match('%.nix$')
  end, { path = project, type = 'file', limit = math.huge })
  assert(#files > 15, 'the example has files')
  for _, file in ipairs(files) do
    local path = file:sub(#project + 2)
    local buffer = open(path)
    settle(buffer)
    wait_for_findings(buffer, expected[path] or {})
  end
end)

step('a typed line changes the findings, undoing it changes them back', function()
  local buffer = open(DESKTOP)
  local number = line_with(buffer, 'networking.hostName')
  vim.api.nvim_win_set_cursor(0, { number, 0 })
  type_keys('oservices.fstrim.enable = lib.mkForce true;<Esc>')
  local typed, column = line_with(buffer, 'lib.mkForce true;')
  same('the line', number + 1, typed)
  wait_for_findings(buffer, {
    line_of(typed, column, typed, column + 11, 'warn', 'mk-force'),
    '16:38-16:49 warn mk-force',
    '25:7-25:21 warn duplicate-sysctl',
    '26:7-26:30 error duplicate-sysctl',
    '32:3-32:31 info duplicate-code',
  })
  vim.cmd.undo()
  wait_for_findings(buffer, AT_DESKTOP)
end)

step('a syntax error shows, and goes', function()
  local buffer = open(DESKTOP)
  local number = line_with(buffer, 'services.tlp.enable')
  vim.api.nvim_win_set_cursor(0, { number, 0 })
  type_keys('A }<Esc>')
  wait_for('a syntax error', function()
    return #about(buffer, 'syntax-error') > 0
  end)
  vim.cmd.undo()
  wait_for_findings(buffer, AT_DESKTOP)
end)

step('a quick fix is offered and applied', function()
  local buffer = open(SERVER)
  wait_for('an unused suppression', function()
    return #about(buffer, 'unused-suppression') == 1
  end)
  local before = vim.api.nvim_buf_line_count(buffer)
  vim.api.nvim_win_set_cursor(0, { line_with(buffer, 'allow(mk-force)'), 20 })
  local offered = {}
  vim.lsp.buf.code_action({
    apply = true,
    context = { only = { 'quickfix' } },
    filter = function(action)
      table.insert(offered, action.title)
      return action.title:find('remove the comment', 1, true) ~= nil
    end,
  })
  wait_for('the comment is gone', function()
    return vim.api.nvim_buf_line_count(buffer) == before - 1 and #about(buffer, 'unused-suppression') == 0
  end)
  assert(#offered > 0, 'fixes are offered')
  vim.cmd('edit!')
end)

step(':Nixamine fix does what the command line does', function()
  local buffer = open(SHELL)
  wait_for('findings', function()
    return #about(buffer, 'hardcoded-home') == 3
  end)
  local fixed = run({ 'nixamine', 'fix', '--stdin', '--stdin-filename', SHELL }, read(SHELL)).stdout
  assert(fixed ~= read(SHELL), 'there is something to fix')
  vim.cmd('Nixamine fix')
  same('the text', fixed, text_of(buffer))
  same('nothing is said', {}, notified)
  wait_for_findings(buffer, {})
  vim.cmd.undo()
  same('one undo takes it back', read(SHELL), text_of(buffer))
  vim.cmd('edit!')
end)

step('saving changes nothing unless it is wanted', function()
  local before = read(MONITORING)
  local buffer = open(MONITORING)
  wait_for('a finding', function()
    return #about(buffer, 'unquoted-sysctl-key') == 1
  end)
  vim.cmd.write()
  same('the file', before, read(MONITORING))
end)

step('fix_on_save applies the safe fixes before the write, and only those', function()
  nixamine.setup({ fix_on_save = true })
  local before = read(MONITORING)
  local buffer = open(MONITORING)
  client_of(buffer)
  wait_for('a finding', function()
    return #about(buffer, 'unquoted-sysctl-key') == 1
  end)
  -- A change that the server hears of in the same moment as of the request.
  vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { '# /home/alice' })
  local fixed = run({ 'nixamine', 'fix', '--stdin', '--stdin-filename', MONITORING }, before).stdout
  assert(fixed ~= before, 'there is something to fix')
  vim.cmd.write()
  same('the file', fixed .. '# /home/alice\n', read(MONITORING))
  same('the buffer', read(MONITORING), text_of(buffer))
  same('nothing is said', {}, notified)
  assert(not vim.bo[buffer].modified, 'the buffer is saved')
  wait_for('the finding is gone, others stay', function()
    return #about(buffer, 'unquoted-sysctl-key') == 0 and #about(buffer, 'long-module') == 1
  end)

  -- Fixes that are not safe are left alone.
  local other = open(DESKTOP)
  wait_for_findings(other, AT_DESKTOP)
  local text = read(DESKTOP)
  vim.bo[other].modified = true
  vim.cmd.write()
  same('the other file', text, read(DESKTOP))

  nixamine.setup({ fix_on_save = false })
  write(MONITORING, before)
  vim.cmd.edit({ vim.fn.fnameescape(project .. '/' .. MONITORING), bang = true })
  wait_for('the finding is back', function()
    return #about(0, 'unquoted-sysctl-key') == 1
  end)
end)

step('a change that is not saved makes a finding in another file, and takes it away', function()
  local network = open(NETWORK)
  local number = line_with(network, 'net.ipv4.tcp_fastopen')
  wait_for_findings(desktop, AT_DESKTOP)
  vim.api.nvim_win_set_cursor(0, { number, 0 })
  type_keys('dd')
  wait_for_findings(desktop, { AT_DESKTOP[1], AT_DESKTOP[2], AT_DESKTOP[4] })
  vim.cmd.undo()
  wait_for_findings(desktop, AT_DESKTOP)
  type_keys('o"vm.swappiness" = 20;<Esc>')
  wait_for('a finding in the other file', function()
    return #about(desktop, 'vm.swappiness') == 1
  end)
  assert(vim.bo[network].modified, 'nothing was saved')
  vim.cmd.undo()
  wait_for_findings(desktop, AT_DESKTOP)
  vim.cmd('edit!')
end)

local WORKSTATION = 'modules/nixos/workstation.nix'
local GREETER = 'modules/nixos/greeter.nix'

-- Puts the cursor on a place of a buffer: `into` bytes after the start of `text`.
local function point_at(buffer, text, into)
  local number, column = line_with(buffer, text)
  vim.api.nvim_win_set_cursor(0, { number, column - 1 + (into or 0) })
end

-- The end of the path and the line of what a list of places holds.
local function listed(items)
  local places = vim.tbl_map(function(item)
    local name = item.filename or vim.api.nvim_buf_get_name(item.bufnr)
    return ('%s:%d'):format(name:sub(#project + 2), item.lnum)
  end, items)
  table.sort(places)
  return places
end

step('K tells what an option is and who sets it', function()
  local buffer = open('hosts/desktop/greeter.nix')
  client_of(buffer)
  wait_for('findings', function()
    return #about(buffer, 'unknown-option') == 1
  end)
  point_at(buffer, 'theme', 2)
  type_keys('K')
  local page
  wait_for('a window', function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= '' then
        page = text_of(vim.api.nvim_win_get_buf(window))
        return true
      end
    end
  end)
  holds('the page', page, 'site.greeter.theme')
  holds('the type', page, 'one of "dark", "light"')
  holds('the description', page, 'How the login screen looks.')
  holds('the host', page, 'On desktop')
  holds('the other setting', page, WORKSTATION)
  vim.cmd('fclose!')
end)

step('gd and grr go to the declaration and to what sets and reads it', function()
  local buffer = open('hosts/desktop/greeter.nix')
  point_at(buffer, 'enable = true', 2)
  vim.lsp.buf.definition()
  wait_for('the declaration', function()
    return vim.api.nvim_buf_get_name(0) == project .. '/' .. GREETER
  end)
  holds('the line', vim.api.nvim_get_current_line(), 'enable = lib.mkEnableOption')
  local found
  vim.lsp.buf.references({ includeDeclaration = true }, {
    on_list = function(list)
      found = listed(list.items)
    end,
  })
  wait_for('references', function()
    return found ~= nil
  end)
  local declared = line_with(0, 'enable = lib.mkEnableOption')
  local read_at = line_with(0, 'lib.mkIf cfg.enable')
  local wanted = {
    'hosts/desktop/greeter.nix:' .. line_with(buffer, 'enable = true'),
    ('%s:%d'):format(GREETER, declared),
    ('%s:%d'):format(GREETER, read_at),
  }
  table.sort(wanted)
  same('the places', wanted, found)
end)

step('names of options and members of enumerations are completed', function()
  local buffer = open('hosts/desktop/greeter.nix')
  local client = client_of(buffer)
  local function offered()
    local answer = client:request_sync(
      'textDocument/completion',
      vim.lsp.util.make_position_params(0, client.offset_encoding),
      PATIENCE,
      buffer
    )
    local labels = vim.tbl_map(function(item)
      return item.label
    end, answer.result or {})
    table.sort(labels)
    return labels
  end
  point_at(buffer, '"light"', 1)
  same('members', { 'dark', 'light' }, offered())
  point_at(buffer, 'enable = true')
  type_keys('Ot<Esc>')
  vim.api.nvim_win_set_cursor(0, { vim.api.nvim_win_get_cursor(0)[1], 5 })
  same('names', { 'command', 'enable', 'sessions', 'theme', 'timeout' }, offered())
  -- As a person takes one: with omnifunc.
  type_keys('A<C-x><C-o>')
  vim.cmd('edit!')
end)

step('grn renames an option in all files', function()
  local buffer = open(GREETER)
  client_of(buffer)
  point_at(buffer, 'theme = lib.mkOption', 1)
  vim.lsp.buf.rename('look')
  wait_for('the new name', function()
    return text_of(buffer):find('look = lib.mkOption', 1, true) ~= nil
  end)
  for _, path in ipairs({ 'hosts/desktop/greeter.nix', WORKSTATION }) do
    local other = vim.uri_to_bufnr(vim.uri_from_fname(project .. '/' .. path))
    vim.fn.bufload(other)
    holds(path, text_of(other), 'look = "')
    assert(not text_of(other):find('theme', 1, true), path .. ' names it as before')
  end
  wait_for('no unknown option but the one before', function()
    return #about(nil, 'unknown-option') == 1
  end)
  -- In each file it is one change, and can be undone.
  for _, path in ipairs({ GREETER, 'hosts/desktop/greeter.nix', WORKSTATION }) do
    local other = vim.uri_to_bufnr(vim.uri_from_fname(project .. '/' .. path))
    vim.api.nvim_buf_call(other, vim.cmd.undo)
    same(path, read(path), text_of(other))
    vim.bo[other].modified = false
  end
end)

step('the outline names what is declared and set', function()
  local buffer = open(GREETER)
  local client = client_of(buffer)
  local answer = client:request_sync('textDocument/documentSymbol', {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
  }, PATIENCE, buffer)
  local names = vim.tbl_map(function(symbol)
    return symbol.name
  end, answer.result)
  assert(vim.tbl_contains(names, 'site.greeter.theme'), vim.inspect(names))
  assert(vim.tbl_contains(names, 'services.greetd.enable'), vim.inspect(names))
end)

step('a changed nixamine.toml is read again', function()
  local before = read('nixamine.toml')
  wait_for_findings(desktop, AT_DESKTOP)
  -- By another program.
  write('nixamine.toml', (before:gsub('ignore = %[%]', 'ignore = ["mk-force"]')))
  wait_for_findings(desktop, { AT_DESKTOP[2], AT_DESKTOP[3], AT_DESKTOP[4] })
  -- In the editor.
  open('nixamine.toml')
  vim.cmd([[%s/"mk-force"/"duplicate-sysctl"/]])
  vim.cmd.write()
  wait_for_findings(desktop, { AT_DESKTOP[1], AT_DESKTOP[4] })
  -- Broken, it says so, and the editor goes on.
  write('nixamine.toml', 'ignore = 3\n')
  wait_for('a problem in nixamine.toml', function()
    return #vim.diagnostic.get(vim.fn.bufnr(project .. '/nixamine.toml')) > 0
  end)
  write('nixamine.toml', before)
  wait_for_findings(desktop, AT_DESKTOP)
  wait_for('no problem in nixamine.toml', function()
    return #vim.diagnostic.get(vim.fn.bufnr(project .. '/nixamine.toml')) == 0
  end)
  vim.cmd('bwipeout!')
end)

step('settings reach the server: at its start, and later', function()
  nixamine.setup({ settings = { ignore = { 'duplicate-sysctl' } } })
  vim.cmd('Nixamine restart')
  open(DESKTOP)
  local client = client_of(desktop)
  wait_for_findings(desktop, { AT_DESKTOP[1], AT_DESKTOP[4] })
  client.settings = { nixamine = { ignore = { 'mk-force' } } }
  client:notify('workspace/didChangeConfiguration', { settings = client.settings })
  wait_for_findings(desktop, { AT_DESKTOP[2], AT_DESKTOP[3], AT_DESKTOP[4] })
end)

step('findings that are asked for show once, and follow other files', function()
  nixamine.setup({ settings = { diagnostics = 'pull', ignore = {} } })
  vim.cmd('Nixamine restart')
  local client = client_of(desktop)
  assert(client.server_capabilities.diagnosticProvider, 'the server is asked')
  wait_for_findings(desktop, AT_DESKTOP)
  vim.wait(CALM)
  same('no finding shows twice', AT_DESKTOP, seen(desktop))
  local network = open(NETWORK)
  vim.api.nvim_win_set_cursor(0, { line_with(network, 'net.ipv4.tcp_fastopen'), 0 })
  type_keys('dd')
  wait_for_findings(desktop, { AT_DESKTOP[1], AT_DESKTOP[2], AT_DESKTOP[4] })
  vim.cmd('edit!')
  wait_for_findings(desktop, AT_DESKTOP)
end)

step(':Nixamine restart starts another server', function()
  nixamine.setup({ settings = { diagnostics = 'push' } })
  local before = client_of(desktop).id
  vim.cmd('Nixamine restart')
  local after = client_of(desktop)
  assert(after.id ~= before, 'it is another one')
  same('there is one', 1, #nixamine.clients())
  assert(not after.server_capabilities.diagnosticProvider, 'the server is not asked')
  wait_for_findings(desktop, AT_DESKTOP)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local found = seen(buffer)
    local once = vim.fn.uniq(vim.deepcopy(found))
    same('nothing is left of the old one in ' .. vim.api.nvim_buf_get_name(buffer), once, found)
  end
end)

step(':Nixamine reindex reads what other programs changed', function()
  vim.cmd('bwipeout! ' .. vim.fn.fnameescape(project .. '/' .. NETWORK))
  local before = read(NETWORK)
  write(NETWORK, (before:gsub('tcp_fastopen', 'tcp_slowopen')))
  vim.cmd('Nixamine reindex')
  wait_for_findings(desktop, { AT_DESKTOP[1], AT_DESKTOP[2], AT_DESKTOP[4] })
  write(NETWORK, before)
  vim.cmd('Nixamine reindex')
  wait_for_findings(desktop, AT_DESKTOP)
  same('nothing is said', {}, notified)
end)

step(':Nixamine explain shows a page', function()
  local windows = #vim.api.nvim_list_wins()
  vim.cmd('Nixamine explain long-module')
  same('the first line', '# long-module', vim.fn.getline(1))
  type_keys('q')
  same('the windows', windows, #vim.api.nvim_list_wins())
  open(DESKTOP)
  wait_for_findings(desktop, AT_DESKTOP)
  vim.api.nvim_win_set_cursor(0, { 25, 8 })
  vim.cmd('Nixamine explain')
  same('the page of the finding', '# duplicate-sysctl', vim.fn.getline(1))
  type_keys('q')
  vim.cmd('Nixamine explain nonsense')
  holds('what is said', table.concat(notified), 'nonsense')
end)

step(':Nixamine report opens a page', function()
  local opened
  local open_before = vim.ui.open
  vim.ui.open = function(path)
    opened = path
  end
  vim.cmd('Nixamine report')
  vim.ui.open = open_before
  local page = table.concat(vim.fn.readfile(assert(opened, 'a page is opened')), '\n')
  holds('the page', page, 'id="rule-duplicate-sysctl"')
  same('nothing is said', {}, notified)
end)

step(':Nixamine checklist lists what is open in a module', function()
  open(DESKTOP)
  vim.cmd('Nixamine checklist')
  local list = vim.fn.getloclist(0, { title = 1, items = 1 })
  same('the title', 'Nixamine checklist', list.title)
  local texts = vim.tbl_map(function(item)
    return item.text
  end, list.items)
  local all = table.concat(texts, '\n')
  holds('the points', all, '[mk-force]')
  holds('what is asked', all, 'Is nothing forced without a reason?')
  vim.cmd('lclose')
  open('modules/home/default.nix')
  vim.cmd('Nixamine checklist')
  holds('what is said', table.concat(notified), 'nothing is open in this module')
end)

step(':Nixamine completes, and says what it does not know', function()
  same(
    'the commands',
    { 'checklist', 'explain', 'fix', 'log', 'reindex', 'report', 'restart' },
    vim.fn.getcompletion('Nixamine ', 'cmdline')
  )
  same('some commands', { 'reindex', 'report', 'restart' }, vim.fn.getcompletion('Nixamine re', 'cmdline'))
  same('a rule', { 'mk-force' }, vim.fn.getcompletion('Nixamine explain mk-f', 'cmdline'))
  same('nothing', {}, vim.fn.getcompletion('Nixamine fix ', 'cmdline'))
  vim.cmd('Nixamine nonsense')
  holds('what is said', table.concat(notified), 'checklist, explain, fix, log, reindex, report, restart')
end)

step(':Nixamine log opens the log', function()
  vim.cmd('Nixamine log')
  same('the log of Neovim', require('vim.lsp.log').get_filename(), vim.api.nvim_buf_get_name(0))
  vim.cmd('bwipeout!')
  local file = work .. '/server.log'
  nixamine.setup({ cmd = { 'nixamine', 'lsp', '--log-level', 'debug', '--log-file', file } })
  vim.cmd('Nixamine restart')
  wait_for_findings(desktop, AT_DESKTOP)
  vim.cmd('Nixamine log')
  same('the log of the server', file, vim.api.nvim_buf_get_name(0))
  assert(vim.fn.getline(1) ~= '', 'something is written there')
  vim.cmd('bwipeout!')
end)

local function health()
  vim.cmd('silent checkhealth nixamine')
  local text = text_of(0)
  vim.cmd('bwipeout!')
  return text
end

step(':checkhealth says what is well', function()
  open(DESKTOP)
  local text = health()
  for _, piece in ipairs({
    'Neovim ' .. tostring(vim.version()),
    'nixamine ',
    work .. '/bin/nixamine',
    'Buffer ' .. DESKTOP,
    'A server runs for it, started with `nixamine lsp',
    'Root: ' .. project,
    'Configuration: ' .. project .. '/nixamine.toml',
    'No other Nix linter',
  }) do
    holds('the report', text, piece)
  end
  assert(not text:find('ERROR') and not text:find('WARNING'), text)
end)

step(':checkhealth says what is not', function()
  open(DESKTOP)
  package.loaded.lint = { linters_by_ft = { nix = { 'nixamine', 'statix' } } }
  local text = health()
  package.loaded.lint = nil
  holds('two of them', text, 'WARNING nvim-lint runs nixamine, too')
  holds('another one', text, 'nvim-lint runs statix beside it')
  vim.lsp.config('nixamine', { cmd = { 'no-such-program', 'lsp' } })
  text = health()
  holds('no program', text, 'ERROR `no-such-program` was not found')
  vim.lsp.config('nixamine', { cmd = { 'nixamine', 'lsp' } })
end)

step('without a server a file is saved all the same', function()
  nixamine.setup({ fix_on_save = true })
  open(SERVER)
  vim.lsp.enable('nixamine', false)
  for _, client in ipairs(nixamine.clients()) do
    client:stop(true)
  end
  wait_for('no server runs', function()
    return #nixamine.clients() == 0
  end)
  vim.api.nvim_buf_set_lines(0, -1, -1, false, { '# the end' })
  vim.cmd.write()
  holds('the file', read(SERVER), '# the end')
  same('nothing is said', {}, notified)
end)

step('neither side had anything to complain of', function()
  local file = io.open(require('vim.lsp.log').get_filename())
  for line in file and file:lines() or {} do
    assert(not line:find('^%[ERROR%]') or line:find('no-such-program', 1, true), line)
  end
end)

step('setup refuses what it does not know', function()
  local ok, problem = pcall(nixamine.setup, { fix_on_safe = true })
  assert(not ok)
  holds('what is said', problem, 'there is no option fix_on_safe')
  assert(not pcall(nixamine.setup, { fix_on_save = 'yes' }))
end)

step('the help has its tags', function()
  vim.cmd('helptags ' .. vim.fn.fnameescape(work .. '/plugin/doc'))
  for _, tag in ipairs({ 'nixamine', ':Nixamine', 'nixamine.setup()', 'nixamine-health' }) do
    vim.cmd('help ' .. tag)
    same('the file', 'nixamine.txt', vim.fs.basename(vim.api.nvim_buf_get_name(0)))
  end
  -- What the help refers to exists.
  for tag in text_of(0):gmatch('|([^|%s]+)|') do
    local found = vim.fn.getcompletion(tag, 'help')
    assert(vim.list_contains(found, tag), 'no help on ' .. tag)
  end
end)

local seconds = (vim.uv.hrtime() - started) / 1e9
out(('Neovim %s: %d steps in %d s'):format(tostring(vim.version()), steps, seconds))
vim.cmd('qall!')
