"""`/password-reset`: the page behind the link of a mail, for who has no app at hand.

Its script takes the token from what stands after the `#`, which no server and no log sees.
"""

import base64
import hashlib

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 24rem; margin: 4rem auto; padding: 0 1rem }
input, button { font: inherit; display: block; width: 100%; box-sizing: border-box;
  margin: .3rem 0 1rem; padding: .5rem }
"""
_SCRIPT = """
const form = document.querySelector("form"), said = document.querySelector("output");
const token = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
form.elements.token.value = token;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { token: form.elements.token.value, new_password: form.elements.password.value };
  try {
    const reply = await fetch("/api/auth/password-reset/confirm", { method: "POST",
      headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (reply.ok) { form.hidden = true; said.textContent = "Done. Sign in with your new password.";
    } else { const problem = await reply.json();
      said.textContent = problem.errors ? problem.errors.map((one) => (one.field === "token" ?
        "The code " : "The password ") + one.message + ".").join(" ") : problem.detail; }
  } catch { said.textContent = "The server cannot be reached; try again."; }
});
"""


def _sha(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


POLICY = (
    f"default-src 'none'; style-src {_sha(_STYLE)}; script-src {_sha(_SCRIPT)};"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the page: its own style and script, and this server."""

PAGE = f"""<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CatchUp: a new password</title><style>{_STYLE}</style>
<h1>A new password</h1>
<form><label>Code from the mail <input name="token" required autocomplete="off"></label>
<label>New password, eight characters or more
<input name="password" type="password" minlength="8" required autocomplete="new-password"></label>
<button>Set it</button></form>
<p>You are signed out everywhere then.</p><p><output></output></p>
<script>{_SCRIPT}</script></html>
"""
