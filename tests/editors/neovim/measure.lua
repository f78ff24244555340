-- How long it takes from a key to the hints and problems that it changes, as drawn: times in milliseconds as JSON.
-- MEASURE_LINE (from 0) and MEASURE_TYPED: a `0` is typed behind that, and taken away; MEASURE_HINT: the line that shows it.
local began = vim.uv.hrtime()
local common = dofile(vim.fs.joinpath(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)), "common.lua"))
local told = { hints = {}, problems = {}, memory = {} }
local PARTS = 5
local TICKS_MS = 10 -- of /proc's clock

local function since(start)
  return (vim.uv.hrtime() - start) / 1e6
end

-- The process of the server, which is Neovim's only child.
local function server()
  for child in io.popen("pgrep -P " .. vim.fn.getpid()):lines() do
    if vim.fn.readfile("/proc/" .. child .. "/cmdline", "b")[1]:find("shapelens", 1, true) then
      return child
    end
  end
end

local function memory(pid)
  for line in io.lines("/proc/" .. pid .. "/status") do
    local size = line:match("VmRSS:%s+(%d+)")
    if size then
      return tonumber(size) / 1024
    end
  end
end

local function processor(pid)
  local fields = vim.split(vim.fn.readfile("/proc/" .. pid .. "/stat")[1]:match("%) (.*)"), " ")
  return (tonumber(fields[12]) + tonumber(fields[13])) * TICKS_MS
end

local function run()
  local line, hint = tonumber(vim.env.MEASURE_LINE), tonumber(vim.env.MEASURE_HINT)
  local edits = tonumber(vim.env.MEASURE_EDITS)
  local from, to = vim.env.MEASURE_TYPED, vim.env.MEASURE_TYPED .. "0"
  vim.api.nvim_win_set_cursor(0, { math.max(hint, 1), 0 })
  common.wait("hints", function() return common.drawn_at(hint) ~= nil end, 1)
  told.first_hints = since(began)
  local pid = server()
  told.memory[1] = memory(pid)
  local spent = processor(pid)
  for i = 1, edits do
    local before, known = common.drawn_at(hint), #vim.diagnostic.get(0)
    local start = vim.uv.hrtime()
    common.replace(line, from, to)
    local shown, problem
    common.wait("the change", function()
      shown = shown or common.drawn_at(hint) ~= before and since(start)
      problem = problem or #vim.diagnostic.get(0) ~= known and since(start)
      return shown and problem
    end, 1)
    table.insert(told.hints, shown)
    table.insert(told.problems, problem)
    from, to = to, from
    if i % math.max(1, math.floor(edits / PARTS)) == 0 then
      table.insert(told.memory, memory(pid))
    end
  end
  told.processor = (processor(pid) - spent) / edits
end

common.run(run, told)
