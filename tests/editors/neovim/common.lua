-- What the scripts beside this share: waiting, what is drawn, and telling what came of it.
local M = {}

function M.wait(what, condition, every)
  if not vim.wait(60000, condition, every or 5) then
    error("waited in vain for " .. what)
  end
end

-- The virtual text that is drawn: line, column and text of each extmark of Neovim's own inlay hints.
function M.drawn()
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

function M.drawn_at(line)
  for _, mark in ipairs(M.drawn()) do
    if mark[1] == line then
      return mark[3]
    end
  end
end

function M.client()
  return vim.lsp.get_clients({ bufnr = 0, name = "shapelens" })[1]
end

-- Put a text in the place of another on a line (from 0).
function M.replace(line, from, to)
  local text = vim.api.nvim_buf_get_lines(0, line, line + 1, false)[1]
  local first, last = text:find(from, 1, true)
  vim.api.nvim_buf_set_text(0, line, first - 1, line, last, { to })
end

-- Run with the documented configuration; what it puts into `told` is written as JSON to the file named by SHAPELENS_TOLD.
function M.run(body, told)
  dofile(vim.env.SHAPELENS_CONFIG)
  vim.api.nvim_create_autocmd("VimEnter", {
    callback = function()
      vim.schedule(function()
        local fine, problem = xpcall(function()
          body()
          vim.lsp.stop_client(vim.lsp.get_clients())
          M.wait("the end of the server", function() return M.client() == nil end)
        end, debug.traceback)
        told.failed = not fine and problem .. "\n" .. vim.inspect(told) or nil
        vim.fn.writefile({ vim.json.encode(told) }, vim.env.SHAPELENS_TOLD)
        vim.cmd(fine and "qa!" or "cq!")
      end)
    end,
  })
end

return M
