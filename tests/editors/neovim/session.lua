-- What a person does in Neovim, and what is then on the screen, told as JSON in the file named by SHAPELENS_TOLD.
-- nvim --clean --headless -u session.lua net.py, with SHAPELENS_CONFIG (the configuration from docs/editors.md).
local told = {}

local function wait(what, condition)
  if not vim.wait(20000, condition, 5) then
    error("waited in vain for " .. what .. "\n" .. vim.inspect(told))
  end
end

local function client()
  return vim.lsp.get_clients({ bufnr = 0, name = "shapelens" })[1]
end

-- The virtual text that is drawn: line, column and text of each extmark of Neovim's own inlay hints.
local function drawn()
  vim.cmd.redraw()
  local found = {}
  for name, space in pairs(vim.api.nvim_get_namespaces()) do
    if name:match("inlayhint") then
      for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
        local text = ""
        for _, chunk in ipairs(mark[4].virt_text or {}) do
          text = text .. chunk[1]
        end
        table.insert(found, { mark[2], mark[3], text })
      end
    end
  end
  return found
end

local function drawn_at(line)
  for _, mark in ipairs(drawn()) do
    if mark[1] == line then
      return mark[3]
    end
  end
end

local function problems()
  return vim.tbl_map(function(each)
    local href = vim.tbl_get(each, "user_data", "lsp", "codeDescription", "href")
    return { line = each.lnum, col = each.col, code = each.code, message = each.message, source = each.source, href = href }
  end, vim.diagnostic.get(0))
end

local function replace(line, from, to)
  local text = vim.api.nvim_buf_get_lines(0, line, line + 1, false)[1]
  local first, last = text:find(from, 1, true)
  vim.api.nvim_buf_set_text(0, line, first - 1, line, last, { to })
end

local function run()
  wait("the client", function() return client() and client().initialized end)
  told.encoding = client().offset_encoding
  wait("hints", function() return #drawn() > 0 end)
  wait("diagnostics", function() return #vim.diagnostic.get(0) > 0 end)
  told.drawn, told.problems = drawn(), problems()

  vim.api.nvim_win_set_cursor(0, { 14, 8 })
  vim.lsp.buf.hover()
  wait("the hover", function() return #vim.api.nvim_list_wins() > 1 end)
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then
      told.hover = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
      vim.api.nvim_win_close(window, true)
    end
  end

  -- A line that is half typed.
  replace(13, "self.conv(x)", "self.conv(x")
  wait("the broken line's answer", function()
    local request = vim.lsp.buf_request_sync(0, "textDocument/inlayHint", {
      textDocument = vim.lsp.util.make_text_document_params(),
      range = { start = { line = 0, character = 0 }, ["end"] = { line = 30, character = 0 } },
    }, 5000)
    return request ~= nil
  end)
  vim.wait(800)
  told.drawn_while_broken = drawn()
  replace(13, "self.conv(x", "self.conv(x)")

  -- The fix, chosen from the menu that a person gets.
  vim.api.nvim_win_set_cursor(0, { 15, 20 })
  wait("diagnostics again", function() return #vim.diagnostic.get(0) > 0 end)
  local titles
  vim.ui.select = function(items, _, choose)
    titles = vim.tbl_map(function(item) return item.action.title end, items)
    choose(items[1], 1)
  end
  vim.lsp.buf.code_action()
  wait("the fix", function() return vim.api.nvim_buf_get_lines(0, 9, 10, false)[1]:find("Linear%(8") end)
  told.titles, told.fixed = titles, vim.api.nvim_buf_get_lines(0, 9, 10, false)[1]
  wait("no diagnostics", function() return #vim.diagnostic.get(0) == 0 end)
  wait("the mended hint", function() return (drawn_at(14) or ""):find("10") end)
  told.mended = drawn_at(14)

  vim.lsp.codelens.refresh({ bufnr = 0 })
  wait("code lenses", function() return #vim.lsp.codelens.get(0) > 0 end)
  told.lenses = vim.tbl_map(function(lens) return { lens.range.start.line, lens.command.title } end, vim.lsp.codelens.get(0))

  -- Settings change while it runs.
  client().settings = { shapelens = { inlayHints = { position = "name" } } }
  client():notify("workspace/didChangeConfiguration", { settings = client().settings })
  wait("hints behind the names", function() return (drawn_at(13) or ""):find(": %(") end)
  told.behind_names = drawn_at(13)

  client():exec_cmd({ title = "", command = "shapelens.toggleHints" }, { bufnr = 0 })
  wait("no hints", function() return #drawn() == 0 end)

  vim.lsp.stop_client(vim.lsp.get_clients())
  wait("the end of the server", function() return client() == nil end)
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
