import { hashSource, pageHeaders } from '../page-headers.ts'

/** A link may contain the token after `#`. Browsers send that part to no server, and the script removes it at once. */
const script = `
const form = document.querySelector('form')
const show = (text) => { document.querySelector('output').textContent = text }
async function post(path, body) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
  if (response.ok) return true
  const problem = await response.json().catch(() => ({}))
  show(problem.detail || 'The request failed (' + response.status + ').')
  return false
}
async function logIn(token) {
  show('Logging in …')
  if (await post('/ops/login', { token })) location.replace('/ops/queues')
}
form.addEventListener('submit', (event) => {
  event.preventDefault()
  logIn(form.token.value.trim())
})
document.querySelector('#logout').addEventListener('click', async () => {
  if (await post('/ops/logout', {})) show('You are logged out.')
})
function logInByLink() {
  const token = location.hash.slice(1)
  if (!token) return
  history.replaceState(null, '', location.pathname)
  logIn(token)
}
// The browser does not reload the page when it opens such a link on this page.
addEventListener('hashchange', logInByLink)
logInByLink()
`

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { display: grid; place-items: center; min-height: 100vh; margin: 0 }
main { width: min(26rem, 90vw) }
h1 { font-size: 1.25rem }
input { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; margin: .25rem 0 1rem }
button { font: inherit; padding: .4rem 1rem }
output { display: block; min-height: 1.5em; margin-top: 1rem }
`

export const loginPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>goals-tasks operations</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>goals-tasks operations</h1>
<form>
<label for="token">Token with the scope <code>ops</code></label>
<input id="token" name="token" type="password" autocomplete="off" required autofocus>
<button>Log in</button>
<button type="button" id="logout">Log out</button>
</form>
<output aria-live="polite"></output>
<noscript>
<p>This page needs JavaScript. Scripts send <code>Authorization: Bearer &lt;token&gt;</code> instead.</p>
</noscript>
</main>
<script>${script}</script>
</body>
</html>
`

export const loginPageHeaders = pageHeaders({
  scriptSrc: [hashSource(script)],
  styleSrc: [hashSource(style)],
  imgSrc: ['data:'],
  connectSrc: ["'self'"],
})
