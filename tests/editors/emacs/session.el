;;; What a person gets in Emacs, told as JSON in the file named by SHAPELENS_TOLD.  -*- lexical-binding: t -*-
;; emacs --batch -l session.el net.py, with SHAPELENS_CONFIG (the configuration from docs/editors.md).
(require 'package)
(package-initialize)
(require 'eglot)
(require 'json)
(load (getenv "SHAPELENS_CONFIG") nil t)

(defvar told nil)

(defun tell (name value)
  (push (cons name value) told))

(defun wait-for (what condition)
  "The value of CONDITION as soon as it has one; Emacs reads what the server says meanwhile."
  (let ((end (+ (float-time) 120)) value)
    (while (not (setq value (funcall condition)))
      (when (> (float-time) end)
        (error "Waited in vain for %s" what))
      (accept-process-output nil 0.05))
    value))

(defun text-of-hover ()
  (let* ((server (eglot-current-server))
         (answer (jsonrpc-request server :textDocument/hover (eglot--TextDocumentPositionParams))))
    (plist-get (plist-get answer :contents) :value)))

(defun labels ()
  "The hints of the buffer as [LINE, LABEL], lines from 1."
  (mapcar (lambda (hint)
            (let ((label (plist-get hint :label)))
              (vector (1+ (plist-get (plist-get hint :position) :line))
                      (if (stringp label) label (mapconcat (lambda (part) (plist-get part :value)) label "")))))
          (jsonrpc-request (eglot-current-server) :textDocument/inlayHint
                           (list :textDocument (eglot--TextDocumentIdentifier)
                                 :range (list :start '(:line 0 :character 0) :end '(:line 100 :character 0))))))

(defun problems ()
  (mapcar (lambda (each) (vector (line-number-at-pos (flymake-diagnostic-beg each)) (flymake-diagnostic-text each)))
          (flymake-diagnostics)))

(let ((file (expand-file-name (car command-line-args-left))))
  (setq command-line-args-left nil)
  (with-current-buffer (find-file-noselect file)
    (python-mode)
    (let ((eglot-sync-connect 120))
      (apply #'eglot (eglot--guess-contact)))
    (flymake-start)
    (tell "problems" (vconcat (wait-for "problems" #'problems)))
    (tell "hints" (vconcat (labels)))
    (goto-char (point-min))
    (search-forward "x = self.conv")
    (goto-char (match-beginning 0))
    (tell "hover" (text-of-hover))
    (goto-char (point-min))
    (search-forward "nn.Linear(9")
    (delete-char -1)
    (insert "8")
    (eglot--signal-textDocument/didChange)
    (wait-for "no problem" (lambda () (null (flymake-diagnostics))))
    (tell "mended" (vconcat (labels)))
    (eglot-shutdown (eglot-current-server))))

(with-temp-file (getenv "SHAPELENS_TOLD")
  (insert (json-encode told)))
