// The page: data in, a question to the service, its answer out.
const part = (id) => document.getElementById(id)
const MOST_CHARACTERS = 5_000_000
let text = TEXTS.en
let context = { locale: 'en', timeZone: 'UTC' }
let last = null
let findings = null
let handlers = {}
let drawnWidth = 0

function paint(now) {
  context = now
  text = TEXTS[now.locale] ?? TEXTS.en
  for (const labelled of document.querySelectorAll('[data-text]')) labelled.textContent = text[labelled.dataset.text]
  const chosen = part('method').value || 'ab-tests'
  part('method').replaceChildren(
    ...Object.keys(METHODS).map((method) => element('option', { value: method }, text.methods[method][0])),
  )
  part('method').value = chosen
  askFields(typedFields())
  if (last) show(last)
  findings?.speak(text, now)
}

function typedFields() {
  return Object.fromEntries([...part('fields').querySelectorAll('input')].map(({ name, value }) => [name, value]))
}

/** Asks what the chosen method needs; what was typed into fields of the same name stays. */
function askFields(typed = {}) {
  const method = part('method').value
  part('answers').textContent = text.methods[method][1]
  part('fields').replaceChildren(
    ...METHODS[method].map(({ name, kind, usual, isOptional }) => {
      const input = element('input', { name, value: typed[name] ?? usual, autocomplete: 'off' })
      if (kind === 'column') input.setAttribute('list', 'columns')
      if (kind === 'number') input.inputMode = 'numeric'
      if (isOptional) input.placeholder = text.optional
      return element('label', {}, element('span', {}, text.fields[name]), input)
    }),
  )
}

/** Offers the names of the first line; the service does the reading. */
function offerColumns() {
  const first = part('csv').value.slice(0, 10_000).split('\n', 1)[0]
  const names = first.split(/[,;\t]/).map((name) => name.trim().replace(/^"|"$/g, '')).filter(Boolean)
  part('columns').replaceChildren(...names.map((value) => element('option', { value })))
}

function trySample({ method, name, csv, fields }) {
  Object.assign(part('method'), { value: method })
  Object.assign(part('name'), { value: name })
  Object.assign(part('csv'), { value: csv })
  offerColumns()
  askFields(fields)
}

function show(answer) {
  showResult(part('result'), answer, { text, locale: context.locale, ...handlers })
  drawnWidth = window.innerWidth
}

function refuse(status, body) {
  const rows = body?.errors?.filter((row) => row.detail !== body.detail).map((row) => `${row.pointer}: ${row.detail}`) ?? []
  const lines = [body?.detail ?? text.failed(status), ...rows, body?.request_id ? text.request(body.request_id) : '']
  part('problem').replaceChildren(...lines.filter(Boolean).map((line) => element('p', {}, line)))
  part('problem').hidden = false
}

// Charts are drawn for their width; the height changes with every answer.
window.addEventListener('resize', () => {
  if (last && window.innerWidth !== drawnWidth) show(last)
})

LiftModule.connect(paint).then((lift) => {
  const onOpen = (id) => lift.navigate(`/memories?peek=${id}`)

  async function ask(path, body) {
    part('problem').hidden = true
    Object.assign(part('run'), { disabled: true, textContent: text.running })
    try {
      const { status, body: answer } = await lift.fetch(path, { verb: 'POST', body })
      if (status !== 200) return refuse(status, answer)
      last = answer
      show(answer)
      if (answer.status === 'stored') void findings.load()
    } finally {
      Object.assign(part('run'), { disabled: false, textContent: text.run })
    }
  }

  handlers = { onOpen, onBudget: (wanted) => ask('/budget', { ...wanted, remember: part('remember').checked }) }
  findings = findingsList(lift, { onOpen })
  findings.speak(text, context)
  part('method').onchange = () => askFields(typedFields())
  part('csv').oninput = offerColumns
  part('sample-ab').onclick = () => trySample(AB_SAMPLE)
  part('sample-sc').onclick = () => trySample(SC_SAMPLE)
  part('file').onchange = async () => {
    const [file] = part('file').files
    if (!file) return
    if (file.size > MOST_CHARACTERS) return refuse(0, { detail: text.tooLarge })
    part('csv').value = await file.text()
    offerColumns()
  }
  part('study').onsubmit = (event) => {
    event.preventDefault()
    const method = part('method').value
    const typed = typedFields()
    const fields = Object.fromEntries(METHODS[method].map((field) => [field.name, fieldValue(field, typed[field.name] ?? '')]))
    void ask(`/${method}`, {
      ...fields,
      csv: part('csv').value,
      name: part('name').value.trim(),
      remember: part('remember').checked,
    })
  }
  void findings.load()
  return lift.ready()
})
