"""Panel's login and logout pages in our look; Panel's own fetch their pictures from a CDN."""

from __future__ import annotations

from pathlib import Path

from expkit.view.css import ROOT_CSS

__all__ = ["login_pages"]

_CSS = (
    ROOT_CSS
    + """
body{font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;display:grid;min-height:100vh;
place-items:center}
form{background:var(--expkit-panel);border:1px solid var(--expkit-grid);border-radius:.375rem;box-sizing:border-box;
padding:1.5rem 2rem 2rem;width:min(24rem,92vw)}
h1{font-size:1.4rem;margin:0 0 .25rem}p{color:var(--expkit-muted);margin:0 0 1rem}
label{display:block;font-weight:600;margin-bottom:.25rem}
input{background:var(--expkit-page);border:1px solid var(--expkit-rule);border-radius:.25rem;box-sizing:border-box;
color:inherit;font:inherit;margin-bottom:1rem;padding:.5rem;width:100%}
button{background:var(--expkit-accent);border:0;border-radius:.25rem;color:var(--expkit-page);font:inherit;
font-weight:600;padding:.5rem 1rem;width:100%}
:focus-visible{outline:2px solid var(--expkit-accent);outline-offset:2px}
p[role=alert]{color:var(--expkit-worse);font-weight:600}
"""
)
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>expkit dashboards</title>
<link rel="icon" href="data:,">
<style>__CSS__</style>
</head>
<body><main>__MAIN__</main></body>
</html>
"""
# The form's address has no query of its own: Panel appends the error to whatever address was posted to
_LOGIN = """
<form action=".{{ login_endpoint }}" method="post">
<h1>Dashboards</h1>
{% if errormessage %}<p role="alert">This token is not the right one.</p>{% else %}
<p>They were started with a token: it is the key to this page.</p>{% endif %}
<input name="username" type="hidden" value="viewer">
<label for="token">Token</label>
<input id="token" name="password" type="password" autocomplete="current-password" required autofocus>
<button type="submit">Open</button>
</form>
"""
_LOGOUT = """
<form action=".{{ LOGIN_ENDPOINT }}" method="get">
<h1>Dashboards</h1>
<p>You are logged out.</p>
<button type="submit">Log in again</button>
</form>
"""


def login_pages(folder: Path) -> list[str]:
    """Both pages as files in `folder`, and the options that tell Panel of them."""
    options = []
    for option, main in (("basic-login-template", _LOGIN), ("logout-template", _LOGOUT)):
        path = folder / f"{option}.html"
        path.write_text(_PAGE.replace("__CSS__", _CSS).replace("__MAIN__", main), encoding="utf-8")
        options.append(f"--{option}={path}")
    return options
