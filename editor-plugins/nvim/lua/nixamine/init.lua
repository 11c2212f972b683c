--- Nixamine in Neovim: settings, fixing on save, and what :Nixamine does.
local M = {}

local NAME = 'nixamine'
local FIX_ALL = 'source.fixAll.nixamine'
-- How long saving waits for one answer of the server, in milliseconds.
local TIMEOUT = 1000

local function say(message, level)
  vim.notify('nixamine: ' .. message, level or vim.log.levels.INFO)
end

---@class nixamine.Options
---@field cmd? string[] the command of the server; { 'nixamine', 'lsp' }
---@field settings? table what the section `nixamine` of the configuration holds
---@field fix_on_save? boolean apply the safe fixes before a file is written; false

--- Configures the server and enables it.
---@param options? nixamine.Options
function M.setup(options)
  options = options or {}
  vim.validate('cmd', options.cmd, 'table', true)
  vim.validate('settings', options.settings, 'table', true)
  vim.validate('fix_on_save', options.fix_on_save, 'boolean', true)
  for name in pairs(options) do
    if not vim.list_contains({ 'cmd', 'settings', 'fix_on_save' }, name) then
      error(('nixamine: there is no option %s; there are cmd, settings and fix_on_save'):format(name))
    end
  end

  vim.lsp.config(NAME, {
    cmd = options.cmd,
    settings = options.settings and next(options.settings) and { nixamine = options.settings } or nil,
  })
  vim.lsp.enable(NAME)

  local group = vim.api.nvim_create_augroup('nixamine.fix_on_save', { clear = true })
  if options.fix_on_save then
    vim.api.nvim_create_autocmd('BufWritePre', {
      group = group,
      desc = 'nixamine: apply the safe fixes',
      callback = function(event)
        M.fix(event.buf)
      end,
    })
  end
end

--- The clients of the server, of one buffer or of all.
---@param buffer? integer
---@return vim.lsp.Client[]
function M.clients(buffer)
  return vim.lsp.get_clients({ name = NAME, bufnr = buffer })
end

--- The command as it is configured, or the one that is not configured.
---@return string[]
local function command()
  local config = vim.lsp.config[NAME]
  local cmd = config and config.cmd
  return type(cmd) == 'table' and cmd or { NAME, 'lsp' }
end

--- What stands before `lsp` in the command: a program, perhaps with arguments.
---@return string[]
function M.program()
  local program = {}
  for _, word in ipairs(command()) do
    if word == 'lsp' then
      break
    end
    table.insert(program, word)
  end
  return program
end

--- The answer to a request, or nil and why there is none.
local function ask(client, method, params, buffer)
  local answer, why = client:request_sync(method, params, TIMEOUT, buffer)
  if not answer then
    return nil, why == 'timeout' and 'the server took too long' or why or 'the server is gone'
  end
  if answer.err then
    return nil, answer.err.message
  end
  return answer.result
end

local function fix_by(client, buffer)
  local last = vim.api.nvim_buf_line_count(buffer)
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    range = { start = { line = 0, character = 0 }, ['end'] = { line = last, character = 0 } },
    context = { only = { FIX_ALL }, diagnostics = {} },
  }
  local actions, why = ask(client, 'textDocument/codeAction', params, buffer)
  if why then
    return why
  end
  for _, action in ipairs(actions or {}) do
    if action.kind == FIX_ALL and not action.disabled then
      if not action.edit then
        action, why = ask(client, 'codeAction/resolve', action, buffer)
      end
      if why then
        return why
      end
      if action and action.edit then
        vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
      end
    end
  end
end

--- Applies the safe fixes to a buffer and waits until that is done. Without a
--- server it does nothing.
---@param buffer? integer
function M.fix(buffer)
  buffer = (not buffer or buffer == 0) and vim.api.nvim_get_current_buf() or buffer
  for _, client in ipairs(M.clients(buffer)) do
    local why = fix_by(client, buffer)
    if why then
      say('nothing was fixed: ' .. why, vim.log.levels.WARN)
    end
  end
end

--- Has the server read the whole project again.
function M.reindex()
  local clients = M.clients()
  if #clients == 0 then
    return say('no server runs', vim.log.levels.WARN)
  end
  for _, client in ipairs(clients) do
    client:request('workspace/executeCommand', { command = 'nixamine.reindex' }, function(err)
      if err then
        say(err.message, vim.log.levels.ERROR)
      end
    end)
  end
end

--- Stops the servers and starts them again for the buffers they had.
function M.restart()
  local clients = M.clients()
  local function gone()
    return vim.iter(clients):all(function(client)
      return vim.lsp.get_client_by_id(client.id) == nil
    end)
  end
  for _, force in ipairs({ false, true }) do
    for _, client in ipairs(clients) do
      client:stop(force)
    end
    if vim.wait(TIMEOUT, gone, 10) then
      break
    end
  end
  for _, client in ipairs(clients) do
    -- Neovim forgets by itself only what was said of open files.
    vim.diagnostic.reset(vim.lsp.diagnostic.get_namespace(client.id))
  end
  vim.lsp.enable(NAME)
end

--- What `nixamine ARGUMENTS` prints, or nil and why it failed.
---@param ... string
---@return string? output
---@return string? why
function M.run(...)
  local words = vim.list_extend(M.program(), { ... })
  local ok, result = pcall(function()
    return vim.system(words, { text = true }):wait(5000)
  end)
  if not ok then
    return nil, ('`%s` cannot be started'):format(words[1])
  end
  if result.code ~= 0 then
    local said = vim.trim(result.stderr or '')
    return nil, said ~= '' and said or ('`%s` ended with %d'):format(table.concat(words, ' '), result.code)
  end
  return result.stdout
end

--- The names of all rules.
---@return string[]
function M.rules()
  local output = M.run('rules', '--format', 'json')
  local names = vim.tbl_map(function(rule)
    return rule.name
  end, output and vim.json.decode(output) or {})
  table.sort(names)
  return names
end

--- The rule of the finding under the cursor, or else on its line.
local function rule_here()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local here
  for _, found in ipairs(vim.diagnostic.get(0, { lnum = row - 1 })) do
    if found.source == NAME then
      local inside = found.col <= column and (found.end_lnum > found.lnum or column < found.end_col)
      here = inside and found.code or here or found.code
    end
  end
  return here
end

--- Shows the page of a rule; without a name, that of the finding at the cursor.
---@param rule? string
function M.explain(rule)
  rule = rule or rule_here()
  if not rule then
    return say('there is no finding on this line; name a rule', vim.log.levels.WARN)
  end
  local page, why = M.run('explain', rule)
  if not page then
    return say(why, vim.log.levels.ERROR)
  end
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(vim.trim(page), '\n'))
  vim.bo[buffer].filetype = 'markdown'
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].modifiable = false
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, desc = 'Close the page' })
  vim.cmd.sbuffer(buffer)
end

--- The folder of the project that a buffer belongs to.
local function project_of(buffer)
  for _, client in ipairs(M.clients()) do
    if client.attached_buffers[buffer] and client.root_dir then
      return client.root_dir
    end
  end
  return vim.fs.root(buffer, { 'nixamine.toml', 'flake.nix', '.git' }) or vim.fn.getcwd()
end

--- Opens a page that tells where the project of the buffer stands: what is on the disk.
function M.report()
  local page = vim.fn.tempname() .. '.html'
  local root = project_of(vim.api.nvim_get_current_buf())
  local output, why = M.run('report', '--format', 'html', '--output', page, root)
  if not output then
    return say(why, vim.log.levels.ERROR)
  end
  local _, failed = vim.ui.open(page)
  if failed then
    say(('%s (the page is %s)'):format(failed, page), vim.log.levels.WARN)
  end
end

--- Lists the open points of the audit checklist in the current module, as it is on the
--- disk, in the location list.
function M.checklist()
  local buffer = vim.api.nvim_get_current_buf()
  local path = vim.fs.normalize(vim.uv.fs_realpath(vim.api.nvim_buf_get_name(buffer)) or '')
  local output, why = M.run('report', '--format', 'json', project_of(buffer))
  if not output then
    return say(why, vim.log.levels.ERROR)
  end
  local audit = vim.json.decode(output)
  local question_of = {}
  for _, check in ipairs(audit.checklist) do
    for _, rule in ipairs(check.rules) do
      question_of[rule] = question_of[rule] or check.question
    end
  end
  local types = { error = 'E', warning = 'W', info = 'I', hint = 'N' }
  local items = {}
  for _, found in ipairs(audit.findings) do
    if vim.endswith(path, '/' .. found.path) then
      table.insert(items, {
        bufnr = buffer,
        lnum = found.line,
        type = types[found.severity],
        text = ('%s %s [%s]'):format(question_of[found.rule] or '', found.message, found.rule),
      })
    end
  end
  if #items == 0 then
    return say('nothing is open in this module', vim.log.levels.INFO)
  end
  vim.fn.setloclist(0, {}, ' ', { title = 'Nixamine checklist', items = items })
  vim.cmd.lopen()
end

--- Opens the log: the file that `--log-file` in the command names, else Neovim's.
function M.log()
  local words = command()
  local file
  for index, word in ipairs(words) do
    file = word:match('^%-%-log%-file=(.*)') or word == '--log-file' and words[index + 1] or file
  end
  vim.cmd.split(vim.fn.fnameescape(file or require('vim.lsp.log').get_filename()))
end

return M
