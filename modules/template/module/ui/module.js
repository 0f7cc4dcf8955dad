const part = (id) => document.getElementById(id)

function show(notes) {
  part('status').textContent = notes.length ? '' : 'No note says anything of it.'
  part('notes').replaceChildren(
    ...notes.map(({ text }) => {
      const item = document.createElement('li')
      item.textContent = text
      return item
    }),
  )
}

LiftModule.connect().then((lift) => {
  // What the module's service answered, or its problem's text.
  const call = async (path, options) => {
    const { status, body } = await lift.fetch(path, options)
    if (status < 400) return body
    part('status').textContent = body?.detail ?? `The service answered ${status}.`
    return null
  }
  part('keep').onsubmit = async (event) => {
    event.preventDefault()
    if (await call('/notes', { verb: 'POST', body: { text: part('text').value } })) {
      event.target.reset()
      await lift.toast('success', 'Kept')
    }
  }
  part('find').onsubmit = async (event) => {
    event.preventDefault()
    const notes = await call(`/notes?q=${encodeURIComponent(part('query').value)}`)
    if (notes) show(notes)
  }
  return lift.ready()
})
