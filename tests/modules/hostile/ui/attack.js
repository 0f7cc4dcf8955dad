// Tries what a module must not be able to do, and writes what came of it. The test says where the other site is.
const part = (id) => document.getElementById(id)
let other = ''
let connects = 0

const ATTACKS = {
  'page of the dashboard': () => window.parent.document.title,
  'window of the dashboard': () => window.top.location.href,
  cookies: () => document.cookie,
  storage: () => localStorage.getItem('probe'),
  'session storage': () => String(sessionStorage.length),
  'the API': async () => (await fetch('/api/v1/auth/me')).status,
  'the API with cookies': async () => (await fetch('/api/v1/auth/me', { credentials: 'include' })).status,
  'another site': async () => (await fetch(`${other}/fetch`)).status,
  beacon: () => navigator.sendBeacon(`${other}/beacon`) && 'sent',
  picture: () => loaded(new Image(), `${other}/picture`),
  script: () => loaded(document.createElement('script'), `${other}/script`),
  frame: () => loaded(document.createElement('iframe'), `${other}/frame`),
  socket: () =>
    new Promise((open, fail) => {
      const socket = new WebSocket(`${other.replace('http', 'ws')}/socket`)
      socket.onopen = () => open('open')
      socket.onerror = () => fail(new Error('refused'))
    }),
  'code from text': () => new Function('return "ran"')(),
  'inline script': () => {
    const script = document.createElement('script')
    script.textContent = 'window.ranInline = true'
    document.body.append(script)
    if (!window.ranInline) throw new Error('refused')
    return 'ran'
  },
}

function loaded(element, url) {
  return new Promise((load, fail) => {
    element.onload = () => load('loaded')
    element.onerror = () => fail(new Error('refused'))
    element.src = url
    document.body.append(element)
    setTimeout(() => fail(new Error('nothing came')), 3000)
  })
}

async function attack() {
  const results = {}
  for (const [name, attempt] of Object.entries(ATTACKS)) {
    try {
      results[name] = `reached: ${await attempt()}`
    } catch (error) {
      results[name] = `refused: ${error.name}`
    }
  }
  part('attacks').textContent = JSON.stringify(results)
}

const REQUESTS = [
  { method: 'token', params: {} },
  { method: 'navigate', params: { to: 'https://elsewhere.example/' } },
  { method: 'navigate', params: { to: '//elsewhere.example/' } },
  { method: 'navigate', params: { to: '/../other/memories' } },
  { method: 'fetch', params: { path: '/../../memory', verb: 'GET' } },
  { method: 'fetch', params: { path: '/%2e%2e/%2e%2e/memory', verb: 'GET' } },
  { method: 'fetch', params: { path: 'https://elsewhere.example/', verb: 'GET' } },
  { method: 'toast', params: { kind: 'success', text: 'hello', action: 'more than is listed' } },
  { method: 'toast', params: { kind: 'success', text: 'x'.repeat(201) } },
  { method: 'resize', params: { height: -1 } },
  { method: 'constructor', params: {} },
]

window.addEventListener('message', ({ data, ports }) => {
  if (data?.attack) {
    other = data.attack
    void attack()
  }
  if (data?.lift !== 'module/1:connect') return
  part('connects').textContent = String(++connects)
  const port = ports[0]
  const answers = []
  port.onmessage = ({ data: { id, result, error } }) => {
    if (id >= 100)
      answers.push(
        `${REQUESTS[id - 100].method}: ${error ? `refused ${error.code}` : `done ${JSON.stringify(result)}`}`,
      )
    if (answers.length === REQUESTS.length) part('answers').textContent = answers.sort().join('\n')
  }
  port.postMessage({ id: 1, method: 'ready', params: {} })
  port.postMessage({ id: 2, method: 'resize', params: { height: 400 } })
  for (const [place, request] of REQUESTS.entries()) port.postMessage({ id: 100 + place, ...request })
})

part('leave').onclick = () => window.location.assign(`${other}/leave`)
part('top').onclick = () => {
  window.top.location.href = `${other}/top`
}
part('popup').onclick = () => void window.open(`${other}/popup`)
part('send').onclick = () => {
  part('form').action = `${other}/form`
  part('form').submit()
}
part('greet').onclick = () => window.parent.postMessage({ lift: 'module/1:hello' }, '*')
window.parent.postMessage({ lift: 'module/1:hello' }, '*')
