// Shows the answer of a method: estimate, chart, checks, assumptions.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made) made[name] = value
    else made.setAttribute(name, value)
  }
  made.append(...children.filter((child) => child != null))
  return made
}

// Which series a method's chart shows, and how.
const CHARTS = {
  ab_test: () => ({ wanted: (name) => name === 'effect by variant', kind: 'points', hasZero: true }),
  difference_in_differences: () => ({ wanted: (name) => name === 'event study', kind: 'points', hasZero: true, mark: -0.5 }),
  synthetic_control: (result) => ({ wanted: (name) => name === 'gap', kind: 'line', hasZero: true, mark: result.start }),
  marketing_mix: () => ({ wanted: (name) => name.startsWith('response '), kind: 'line', hasZero: true }),
  incrementality: () => ({ wanted: () => true, kind: 'bars' }),
  budget: () => ({ wanted: () => true, kind: 'bars' }),
}
// The parts of a result that have rows of their own, and their columns.
const PARTS = {
  ab_test: ['comparisons', ['variant', 'size', 'mean', 'estimate', 'p_value', 'sequential_p_value', 'lift']],
  synthetic_control: ['weights', ['unit', 'weight']],
  marketing_mix: ['channels', ['channel', 'spend', 'contribution', 'roas', 'marginal_roas', 'carry_over', 'p_value']],
  incrementality: ['channels', ['channel', 'claimed', 'incremental', 'factor', 'cost_per_conversion', 'iroas', 'p_value']],
  budget: ['allocations', ['channel', 'current', 'optimal', 'current_response', 'optimal_response', 'marginal_response']],
}

function showResult(place, { result, memory_id: memoryId, status }, { text, locale, onOpen, onBudget }) {
  // First, because what is hidden has no width.
  place.hidden = false
  const format = numberFormat(locale)
  const { low, high, level } = result.interval
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(level)
  const { wanted, ...options } = CHARTS[result.method](result)
  const series = result.plot.filter((each) => wanted(each.name) && each.points.length)
  const shown = [
    element('h2', { lang: 'en' }, result.summary),
    element(
      'dl',
      { className: 'tiles' },
      tile(text.estimate, format(result.estimate), result.unit),
      tile(text.interval(percent), `${format(low)} – ${format(high)}`),
      tile(text.pValue, result.p_value == null ? text.noPValue : probability(result.p_value, format)),
    ),
    ...(series.length
      ? [chart(series, { ...options, label: result.summary, format, width: place.clientWidth }), legend(series), figures(series, text, format)]
      : []),
    ...parts(result, text, format),
    checks(result, text),
    element('h3', {}, text.assumptions),
    element('ul', { lang: 'en' }, ...result.assumptions.map((each) => element('li', {}, each))),
    memoryId &&
      element(
        'p',
        {},
        element('span', { className: 'muted' }, `${text[status]}. `),
        element('button', { type: 'button', onclick: () => onOpen(memoryId) }, text.open),
      ),
    result.method === 'marketing_mix' ? budgetForm(result, text, onBudget) : null,
  ]
  place.replaceChildren(...shown.filter(Boolean))
}

function numberFormat(locale) {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
  const precise = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4 })
  return (value) => (Math.abs(value) >= 1000 ? whole : precise).format(value)
}

/** Below this, digits say nothing. */
function probability(value, format) {
  return value < 0.0001 ? `< ${format(0.0001)}` : format(value)
}

function tile(name, value, note = '') {
  return element('div', {}, element('dt', {}, name), element('dd', {}, value, note && element('small', {}, ` ${note}`)))
}

function legend(series) {
  if (series.length < 2) return ''
  return element(
    'ul',
    { className: 'legend', lang: 'en' },
    ...series.map(({ name }, index) => element('li', { className: `series-${index % COLOURS}` }, name)),
  )
}

/** The chart in numbers, for those who cannot see it and those who want to copy them. */
function figures(series, text, format) {
  const rows = series.flatMap(({ name, points }) =>
    points.map((point) => [
      `${series.length > 1 ? `${name}, ` : ''}${typeof point.x === 'number' ? format(point.x) : point.x}`,
      format(point.y),
      point.low == null ? '' : `${format(point.low)} – ${format(point.high)}`,
    ]),
  )
  return element('details', {}, element('summary', {}, text.figures), table([text.point, text.value, ''], rows))
}

function parts(result, text, format) {
  const [name, columns] = PARTS[result.method] ?? []
  if (!name) return []
  const cell = (value, column) => {
    if (typeof value !== 'number') return value ?? '–'
    return column.endsWith('p_value') ? probability(value, format) : format(value)
  }
  const rows = result[name].map((row) => columns.map((column) => cell(row[column], column)))
  const heads = columns.map((column) => text.columns[column] ?? text.fields[column])
  return [element('h3', {}, text.details), table(heads, rows)]
}

function table(heads, rows) {
  const line = (tag, cells) => element('tr', {}, ...cells.map((cell) => element(tag, tag === 'th' ? { scope: 'col' } : {}, cell)))
  return element(
    'div',
    { className: 'scroll', tabIndex: 0 },
    element('table', {}, element('thead', {}, line('th', heads)), element('tbody', {}, ...rows.map((row) => line('td', row)))),
  )
}

function checks({ diagnostics }, text) {
  const items = diagnostics.map(({ passed, text: said }) => {
    const [kind, word] = passed == null ? ['info', text.info] : passed ? ['good', text.passed] : ['bad', text.notPassed]
    return element('li', { className: kind }, element('strong', {}, word), ' ', element('span', { lang: 'en' }, said))
  })
  return element('div', {}, element('h3', {}, text.checks), element('ul', { className: 'checks' }, ...items))
}

function budgetForm(result, text, onBudget) {
  const curves = result.channels.map(({ curve }) => curve)
  const today = curves.reduce((sum, curve) => sum + curve.mean_spend, 0)
  const total = element('input', { type: 'number', min: 0, step: 'any', value: Math.round(today) })
  const form = element(
    'form',
    { className: 'row' },
    element('label', {}, element('span', {}, text.budgetTotal), total),
    element('button', { type: 'submit' }, text.budgetRun),
  )
  form.onsubmit = (event) => {
    event.preventDefault()
    onBudget({ metric: result.metric, budget: Number(total.value), curves })
  }
  return element('div', {}, element('h3', {}, text.budget), form)
}
