/** The page shows so many of the newest changes. */
const maxShown = 100
/** The service sends a heartbeat every 10 s. */
const silenceMs = 20_000
const retry = { leastMs: 1_000, spreadMs: 4_000 }

const element = (id) => document.getElementById(id)
const [form, token, follow, stop, state, changes] = ['form', 'token', 'follow', 'stop', 'state', 'changes'].map(element)

/** Creates an element with plain text. Texts of users are never HTML. */
function create(name, text = '', properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...properties })
}

function show(text, kind = '') {
  state.textContent = text
  state.className = kind
}

function describe({ entityType, removed, alsoRemoved = [], before, after }) {
  const hidden = alsoRemoved.length > 0 ? ` and ${alsoRemoved.length} more` : ''
  if (removed) return `You no longer see this ${entityType}${hidden}`
  if (after.deletedAt) return `${after.title} (deleted)`
  return before && before.status !== after.status ? `${after.title}: ${after.status}` : after.title
}

function addChange(change) {
  const time = new Date(change.occurredAt)
  const summary = create('summary')
  summary.append(
    create('time', time.toLocaleTimeString(), { dateTime: change.occurredAt }),
    create('code', change.type),
    create('span', describe(change)),
    create('small', `version ${change.version}`),
  )
  const details = create('details')
  details.append(summary, create('pre', JSON.stringify(change, null, 2)))
  const item = create('li')
  item.append(details)
  changes.prepend(item)
  while (changes.children.length > maxShown) changes.lastElementChild.remove()
}

/** Handles one block of the stream. Its id is the cursor from which the next connection goes on. */
function handle(block, connection) {
  const { id, event, data } = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)))
  connection.lastEventId = id ?? connection.lastEventId
  if (event === 'ready') show('Connected. Every change from now on appears here.', 'connected')
  if (event === 'change') addChange(JSON.parse(data))
  if (event === 'lagging') show('Changes arrive late at the moment.', 'waiting')
  if (event === 'reset') show('Some changes before this moment are not shown.', 'connected')
}

/** Follows the feed until the connection ends. @returns whether to connect again */
async function read(connection) {
  const silence = new AbortController()
  let watchdog
  const expectData = () => {
    clearTimeout(watchdog)
    watchdog = setTimeout(() => silence.abort(), silenceMs)
  }
  expectData()
  try {
    const response = await fetch('/v1/changes', {
      headers: {
        authorization: `Bearer ${connection.token}`,
        accept: 'text/event-stream',
        ...(connection.lastEventId && { 'last-event-id': connection.lastEventId }),
      },
      signal: AbortSignal.any([connection.stopped.signal, silence.signal]),
    })
    if (!response.ok) return await refuse(response)
    let text = ''
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      expectData()
      const blocks = (text + part.value).split('\n\n')
      text = blocks.pop()
      // An error of this page is not taken for a lost connection.
      for (const block of blocks) queueMicrotask(() => handle(block, connection))
    }
    return true
  } catch {
    return true
  } finally {
    clearTimeout(watchdog)
  }
}

/** A token that is not good is not sent again. */
async function refuse(response) {
  const { detail = response.statusText } = await response.json().catch(() => ({}))
  const isFinal = response.status < 500 && response.status !== 429
  show(detail, 'failed')
  return !isFinal
}

let connection

async function run(own) {
  show('Connecting …', 'waiting')
  while (await read(own)) {
    if (own.stopped.signal.aborted) return
    show('Connection lost. Connecting again …', 'waiting')
    await new Promise((resolve) => setTimeout(resolve, retry.leastMs + Math.random() * retry.spreadMs))
    if (own.stopped.signal.aborted) return
  }
  end()
}

/** Forgets the token. */
function end() {
  connection?.stopped.abort()
  connection = undefined
  stop.disabled = true
  follow.disabled = false
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  end()
  connection = { token: token.value.trim().replace(/^Bearer\s+/i, ''), lastEventId: '', stopped: new AbortController() }
  token.value = ''
  changes.replaceChildren()
  stop.disabled = false
  follow.disabled = true
  void run(connection)
})
stop.addEventListener('click', () => {
  end()
  show('Stopped.')
  token.focus()
})
