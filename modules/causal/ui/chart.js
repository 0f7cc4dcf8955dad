// Draws series of points as SVG: lines with bands, points with whiskers, or bars.
const SVG = 'http://www.w3.org/2000/svg'
const FRAME = { narrowest: 280, height: 280, left: 64, right: 12, top: 12, bottom: 36 }
// The width that a number below the x axis may take.
const TICK = 80
const COLOURS = 4

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** About five round numbers that span the range. */
function ticks(low, high) {
  const rough = (high - low) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10)
  const marks = []
  for (let mark = Math.ceil(low / step) * step; mark <= high + step / 1e6; mark += step) marks.push(Math.abs(mark) < step / 1e6 ? 0 : mark)
  return marks
}

/**
 * Returns a chart of `series` ([{ name, points: [{ x, y, low, high }] }]); `kind` is line, points or bars. Texts on the x
 * axis stand side by side, numbers at their place. `width` is in pixels, `mark` is the x at which a vertical line stands.
 */
function chart(series, { kind, label, format, width: room, mark = null, hasZero = false }) {
  const points = series.flatMap((each) => each.points)
  const names = [...new Set(points.map((point) => point.x))]
  const isNumeric = names.every((name) => typeof name === 'number')
  const place = (x) => (isNumeric ? x : names.indexOf(x))
  const xs = names.map(place)
  const pad = kind === 'line' ? 0 : isNumeric ? 0.5 : 0.6
  const [left, right] = [Math.min(...xs) - pad, Math.max(...xs) + pad]
  const ys = points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y])
  if (hasZero || kind === 'bars') ys.push(0)
  let [low, high] = [Math.min(...ys), Math.max(...ys)]
  if (low === high) [low, high] = [low - 1, high + 1]
  const { height } = FRAME
  const width = Math.max(FRAME.narrowest, room)
  const toX = (x) => FRAME.left + ((place(x) - left) / (right - left || 1)) * (width - FRAME.left - FRAME.right)
  const toY = (y) => FRAME.top + ((high - y) / (high - low)) * (height - FRAME.top - FRAME.bottom)

  const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label, class: 'chart' })
  for (const y of ticks(low, high)) {
    root.append(
      svg('line', { x1: FRAME.left, x2: width - FRAME.right, y1: toY(y), y2: toY(y), class: y === 0 ? 'zero' : 'grid' }),
      svg('text', { x: FRAME.left - 8, y: toY(y) + 4, class: 'tick y' }, format(y)),
    )
  }
  const shown = isNumeric ? ticks(left, right) : names.filter((_, index) => index % Math.ceil((names.length * TICK) / width) === 0)
  for (const x of shown) {
    const at = isNumeric ? FRAME.left + ((x - left) / (right - left || 1)) * (width - FRAME.left - FRAME.right) : toX(x)
    root.append(svg('text', { x: at, y: height - 12, class: 'tick x' }, isNumeric ? format(x) : String(x).slice(0, 18)))
  }
  if (mark !== null) root.append(svg('line', { x1: toX(mark), x2: toX(mark), y1: FRAME.top, y2: height - FRAME.bottom, class: 'mark' }))
  const draw = { line: drawLine, points: drawPoints, bars: drawBars }[kind]
  series.forEach((each, index) => draw(root, each, { toX, toY, index, count: series.length }))
  return root
}

function drawLine(root, { points }, { toX, toY, index }) {
  const colour = `series-${index % COLOURS}`
  const along = (value) => points.map((point) => `${toX(point.x)},${toY(value(point))}`)
  if (points.every((point) => point.low != null)) {
    const band = [...along((point) => point.high), ...along((point) => point.low).reverse()]
    root.append(svg('polygon', { points: band.join(' '), class: `band ${colour}` }))
  }
  root.append(svg('polyline', { points: along((point) => point.y).join(' '), class: `line ${colour}` }))
}

function whisker(root, point, x, toY, colour) {
  if (point.low == null) return
  root.append(svg('line', { x1: x, x2: x, y1: toY(point.low), y2: toY(point.high), class: `whisker ${colour}` }))
}

function drawPoints(root, { points }, { toX, toY, index }) {
  const colour = `series-${index % COLOURS}`
  for (const point of points) {
    whisker(root, point, toX(point.x), toY, colour)
    root.append(svg('circle', { cx: toX(point.x), cy: toY(point.y), r: 4, class: `dot ${colour}` }))
  }
}

function drawBars(root, { points }, { toX, toY, index, count }) {
  const colour = `series-${index % COLOURS}`
  const wide = Math.min(40, 400 / (points.length * count))
  for (const point of points) {
    const x = toX(point.x) + (index - (count - 1) / 2) * (wide + 4)
    const [top, bottom] = [Math.min(toY(point.y), toY(0)), Math.max(toY(point.y), toY(0))]
    root.append(svg('rect', { x: x - wide / 2, y: top, width: wide, height: bottom - top, class: `bar ${colour}` }))
    whisker(root, point, x, toY, 'over')
  }
}
