;;; nixamine.el --- Nixamine with Eglot  -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "29.1"))

;;; Commentary:

;; Has Eglot start the language server of Nixamine in Nix files, in place of
;; another one: Eglot runs one server per buffer.  Put this folder on
;; `load-path', then
;;
;;   (require 'nixamine)
;;   (add-hook 'nix-mode-hook #'eglot-ensure)

;;; Code:

(require 'eglot)

(add-to-list 'eglot-server-programs
             '((nix-mode nix-ts-mode) . ("nixamine" "lsp")))

(defun nixamine-fix ()
  "Apply the safe fixes to the buffer, if there are any."
  (interactive)
  (when (eglot-managed-p)
    (condition-case problem
        (eglot-code-actions (point-min) (point-max) "source.fixAll.nixamine" t)
      (error
       (let ((text (error-message-string problem)))
         ;; Eglot calls it an error that there is nothing to fix.
         (unless (string-match-p "code actions here" text)
           (message "nixamine: %s" text)))))))

(define-minor-mode nixamine-fix-on-save-mode
  "Apply the safe fixes before the buffer is saved, and only those."
  :lighter nil
  (if nixamine-fix-on-save-mode
      (add-hook 'before-save-hook #'nixamine-fix nil t)
    (remove-hook 'before-save-hook #'nixamine-fix t)))

(defun nixamine-reindex ()
  "Read the whole project again."
  (interactive)
  (eglot-execute (eglot-current-server) '(:command "nixamine.reindex")))

(provide 'nixamine)
;;; nixamine.el ends here
