-- How long it takes from a key to the hints and problems that it changes, as drawn: times in milliseconds as JSON.
-- MEASURE_LINE (from 0), MEASURE_FROM and MEASURE_TO: what is typed, back and forth; MEASURE_HINT: the line that shows it.
local told, began = { hints = {}, problems = {} }, vim.uv.hrtime()

local function now()
  return vim.uv.hrtime() / 1e6
end

local function wait(what, condition)
  if not vim.wait(30000, condition, 1) then
    error("waited in vain for " .. what)
  end
end

local function drawn()
  local found = {}
  for name, space in pairs(vim.api.nvim_get_namespaces()) do
    if name:match("inlayhint") then
      for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
        local text = ""
        for _, chunk in ipairs(mark[4].virt_text or {}) do
          text = text .. chunk[1]
        end
        found[mark[2]] = text
      end
    end
  end
  return found
end

local function visible(line)
  vim.cmd.redraw()
  return drawn()[line]
end

local function memory(client)
  local pid = client.rpc and vim.env.MEASURE_PID and tonumber(vim.env.MEASURE_PID)
  for child in io.popen("pgrep -P " .. vim.fn.getpid()):lines() do
    pid = pid or tonumber(child)
  end
  for line in io.lines("/proc/" .. pid .. "/status") do
    local size = line:match("VmRSS:%s+(%d+)")
    if size then
      return tonumber(size) / 1024
    end
  end
end

local function run()
  local line, hint = tonumber(vim.env.MEASURE_LINE), tonumber(vim.env.MEASURE_HINT)
  local from, to = vim.env.MEASURE_FROM, vim.env.MEASURE_TO
  vim.api.nvim_win_set_cursor(0, { math.max(hint, 1), 0 })
  wait("hints", function() return visible(hint) ~= nil end)
  told.first_hints = (vim.uv.hrtime() - began) / 1e6
  local client = vim.lsp.get_clients({ name = "shapelens" })[1]
  told.memory_before = memory(client)
  for _ = 1, tonumber(vim.env.MEASURE_EDITS) do
    local before, known = visible(hint), #vim.diagnostic.get(0)
    local text = vim.api.nvim_buf_get_lines(0, line, line + 1, false)[1]
    local first, last = text:find(from, 1, true)
    local start = now()
    vim.api.nvim_buf_set_text(0, line, first - 1, line, last, { to })
    local shown, problem
    wait("the change", function()
      shown = shown or visible(hint) ~= before and now() - start
      problem = problem or #vim.diagnostic.get(0) ~= known and now() - start
      return shown and problem
    end)
    table.insert(told.hints, shown)
    table.insert(told.problems, problem)
    from, to = to, from
  end
  told.memory_after = memory(client)
  vim.lsp.stop_client(vim.lsp.get_clients())
  wait("the end", function() return #vim.lsp.get_clients() == 0 end)
end

dofile(vim.env.SHAPELENS_CONFIG)
vim.api.nvim_create_autocmd("VimEnter", {
  callback = function()
    vim.schedule(function()
      local fine, problem = xpcall(run, debug.traceback)
      told.failed = not fine and problem or nil
      vim.fn.writefile({ vim.json.encode(told) }, vim.env.SHAPELENS_TOLD)
      vim.cmd(fine and "qa!" or "cq!")
    end)
  end,
})
