import { renderPage, styleSource } from '../page.ts'
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
async function logOut() {
  if (await post('/ops/logout', {})) location.replace('/ops/login')
}
form.addEventListener('submit', (event) => {
  event.preventDefault()
  return form.token ? logIn(form.token.value.trim()) : logOut()
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

const logInForm = `<h1>goals-tasks operations</h1>
<form>
<label for="token">Token with the scope <code>ops</code></label>
<input id="token" name="token" type="password" autocomplete="off" required autofocus>
<button>Log in</button>
</form>
<output aria-live="polite"></output>
<p class="hint">Your identity provider issues tokens. Without one,
<code>npm run token -- --sub &lt;uuid&gt; --scope ops</code> prints one on the machine that has the secret.</p>`

const logOutForm = `<h1>goals-tasks operations</h1>
<p>You are logged in.</p>
<nav>
<a href="/ops/queues">Bull Board</a>
<a href="/ops/dead-letters">Dead letters</a>
<a href="/ops/status">Status</a>
</nav>
<form>
<button>Log out</button>
</form>
<output aria-live="polite"></output>`

/** Returns the page that logs an operator in, or out when they have a session. */
export const loginPage = (loggedIn: boolean): string =>
  renderPage({
    title: 'goals-tasks operations',
    narrow: true,
    body: `<main>
${loggedIn ? logOutForm : logInForm}
<noscript>
<p class="hint">This page needs JavaScript. Scripts send <code>Authorization: Bearer &lt;token&gt;</code> instead.</p>
</noscript>
</main>
<script>${script}</script>`,
  })

export const loginPageHeaders = pageHeaders({
  scriptSrc: [hashSource(script)],
  styleSrc: [styleSource],
  imgSrc: ['data:'],
  connectSrc: ["'self'"],
})
