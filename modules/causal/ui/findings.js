// The list of what was found before, page by page, or what is similar to a question.
function findingsList(lift, { onOpen }) {
  const part = (id) => document.getElementById(id)
  const state = { text: TEXTS.en, locale: 'en', question: '', next: null, rows: [], note: 'loading', status: 0 }
  let turn = 0

  // The bridge takes no other characters in a path; these four pass `encodeURIComponent`.
  const encoded = (value) => encodeURIComponent(value).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`)

  async function load({ isMore = false } = {}) {
    const mine = ++turn
    const path = state.question
      ? `/similar?limit=20&question=${encoded(state.question.slice(0, 400))}`
      : `/experiments?limit=10${isMore && state.next ? `&cursor=${encoded(state.next)}` : ''}`
    if (!isMore) Object.assign(state, { rows: [], next: null })
    state.note = 'loading'
    paint()
    const { status, body } = await lift.fetch(path)
    // An answer that was overtaken by another question is nobody's.
    if (mine !== turn) return
    if (status === 200) {
      const rows = body.results.map((row) => (state.question ? { ...row.finding, score: row.score } : row))
      Object.assign(state, { rows: [...state.rows, ...rows], next: body.next ?? null, note: '' })
      if (!state.rows.length) state.note = state.question ? 'noMatch' : 'none'
    } else Object.assign(state, { note: 'failed', status })
    paint()
  }

  function paint() {
    const { text, rows, note, status, next } = state
    part('findings-state').textContent = note === 'failed' ? text.failed(status) : note ? text[note] : ''
    part('findings').replaceChildren(...rows.map(item))
    part('more').hidden = !next
  }

  function item({ memory_id: id, content, recorded_at: recorded, metadata, score }) {
    const { text, locale } = state
    const when = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: state.timeZone }).format(new Date(recorded))
    const failed = metadata.failed_checks?.length ? text.notPassed : ''
    const about = [when, score == null ? '' : text.score(score.toFixed(2))].filter(Boolean).join(' · ')
    return element(
      'li',
      {},
      element('p', { lang: 'en' }, content),
      element(
        'p',
        { className: 'muted' },
        about,
        failed && element('span', { className: 'bad' }, ` ${text.checks}: ${failed}`),
        ' ',
        element('button', { type: 'button', onclick: () => onOpen(id) }, text.open),
      ),
    )
  }

  part('search').onsubmit = (event) => {
    event.preventDefault()
    state.question = part('question').value.trim()
    void load()
  }
  part('more').onclick = () => load({ isMore: true })
  return {
    load,
    speak(text, { locale, timeZone }) {
      Object.assign(state, { text, locale, timeZone })
      paint()
    },
  }
}
