-- What a person does in Neovim, and what is then on the screen, told as JSON in the file named by SHAPELENS_TOLD.
-- nvim --clean --headless -u session.lua net.py, with SHAPELENS_CONFIG (the configuration from docs/editors.md).
local common = dofile(vim.fs.joinpath(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)), "common.lua"))
local wait, drawn, drawn_at, client, replace = common.wait, common.drawn, common.drawn_at, common.client, common.replace
local told = {}

local function problems()
  return vim.tbl_map(function(each)
    local href = vim.tbl_get(each, "user_data", "lsp", "codeDescription", "href")
    return { line = each.lnum, col = each.col, code = each.code, message = each.message, source = each.source, href = href }
  end, vim.diagnostic.get(0))
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
  local answers = 0
  vim.api.nvim_create_autocmd("LspRequest", {
    callback = function(event)
      local request = event.data.request
      answers = answers + (request.method == "textDocument/inlayHint" and request.type == "complete" and 1 or 0)
    end,
  })
  replace(13, "self.conv(x)", "self.conv(x")
  wait("hints for the broken line", function() return answers > 0 end)
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
end

common.run(run, told)
