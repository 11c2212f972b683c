-- Writes what evaluate.nix said into files: `run` has no other reader of JSON.
-- Usage: nvim -l unpack.lua EVALUATED FOLDER
local evaluated, folder = unpack(arg)

local function write(name, text)
  local file = assert(io.open(folder .. '/' .. name, 'wb'))
  file:write(text)
  file:close()
end

local function lines(words)
  return vim.iter(words):map(function(word)
    return word .. '\n'
  end):join('')
end

local file = assert(io.open(evaluated, 'rb'))
local said = vim.json.decode(file:read('*a'))
file:close()
write('init.lua', said.init)
write('plugins', lines(said.plugins))
write('path', lines(said.path))
write('problems', lines(said.problems))
