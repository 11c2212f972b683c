if vim.g.loaded_nixamine or vim.fn.has('nvim-0.11') == 0 then
  return
end
vim.g.loaded_nixamine = true

-- What :Nixamine can do, and whether a rule may follow.
local commands = {
  checklist = false,
  explain = true,
  fix = false,
  log = false,
  reindex = false,
  report = false,
  restart = false,
}

vim.api.nvim_create_user_command('Nixamine', function(call)
  local name, argument, more = unpack(call.fargs)
  if commands[name] == nil or more or (argument and not commands[name]) then
    local names = vim.tbl_keys(commands)
    table.sort(names)
    vim.notify('nixamine: say one of ' .. table.concat(names, ', '), vim.log.levels.ERROR)
    return
  end
  require('nixamine')[name](argument)
end, {
  nargs = '+',
  desc = 'Nixamine: checklist, explain, fix, log, reindex, report or restart',
  complete = function(start, line)
    local words = vim.split(line:gsub('^.-Nixamine!?%s+', ''), '%s+')
    local choices = {}
    if #words == 1 then
      choices = vim.tbl_keys(commands)
      table.sort(choices)
    elseif #words == 2 and commands[words[1]] then
      choices = require('nixamine').rules()
    end
    return vim.tbl_filter(function(choice)
      return vim.startswith(choice, start)
    end, choices)
  end,
})
