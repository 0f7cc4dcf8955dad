/** Thousands of points on one canvas, without a library: pan, zoom, hover, and a line drawn around some of them. */
import { OTHER, SERIES, tokenColour } from '@/lib/colour'
import { inside, nearest, type Points } from './places'
import type { MemoryMap } from './queries'

export type Pointed = { place: number; x: number; y: number } | null
type Listeners = {
  onHover: (pointed: Pointed) => void
  onChoose: (place: number | null) => void
  onDraw: (places: number[]) => void
}
type Spot = { x: number; y: number }

const MARGIN = 32
const CLOSEST = 60
const REACH = 10
const ZOOM = 1.6
const NAMES = 14
const FONT = '600 12px "Inter Variable", sans-serif'
// Less is a click.
const MOVED = 4

export type MapView = ReturnType<typeof openMapView>

export function openMapView(canvas: HTMLCanvasElement, listeners: Listeners) {
  const context = canvas.getContext('2d')
  if (!context) throw new Error('There is no canvas.')
  const drawing = context
  let points: Points | null = null
  let names: { label: string; x: number; y: number; cluster: number }[] = []
  let shown: ReadonlySet<number> | null = null
  let chosen: number | null = null
  let colours = readColours()
  let sprites: HTMLCanvasElement[] = []
  let spriteSize = 0
  // What a unit of the plane measures on the screen, and where its middle is.
  let zoom = 1
  let middle: Spot = { x: 0, y: 0 }
  let frame = 0
  let isLassoOn = false
  let line: Spot[] | null = null
  let travelled = 0
  const fingers = new Map<number, Spot>()

  function readColours() {
    return {
      surface: tokenColour('--surface'),
      text: tokenColour('--fg'),
      accent: tokenColour('--accent'),
      slots: [...SERIES, OTHER].map(({ token }) => tokenColour(token)),
    }
  }

  const width = () => canvas.clientWidth
  const height = () => canvas.clientHeight
  const scale = () => ((Math.min(width(), height()) - 2 * MARGIN) / 2) * zoom
  const toScreen = (x: number, y: number) => ({
    x: width() / 2 + middle.x + x * scale(),
    y: height() / 2 + middle.y + y * scale(),
  })
  const toPlane = ({ x, y }: Spot) => ({
    x: (x - width() / 2 - middle.x) / scale(),
    y: (y - height() / 2 - middle.y) / scale(),
  })

  function spritesOf(radius: number, ratio: number) {
    const size = Math.ceil(radius * ratio) * 2 + 2
    if (size === spriteSize && sprites.length > 0) return sprites
    spriteSize = size
    sprites = colours.slots.map((colour) => {
      const sprite = document.createElement('canvas')
      sprite.width = sprite.height = size
      const on = sprite.getContext('2d')
      if (on) {
        on.fillStyle = colour
        on.beginPath()
        on.arc(size / 2, size / 2, radius * ratio, 0, Math.PI * 2)
        on.fill()
      }
      return sprite
    })
    return sprites
  }

  function draw() {
    frame = 0
    const began = performance.now()
    const ratio = window.devicePixelRatio || 1
    const w = Math.round(width() * ratio)
    const h = Math.round(height() * ratio)
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w
      canvas.height = h
    }
    drawing.setTransform(1, 0, 0, 1, 0, 0)
    drawing.fillStyle = colours.surface
    drawing.fillRect(0, 0, w, h)
    if (!points) return
    const { x: xs, y: ys, cluster } = points
    const few = Math.min(2, Math.max(1, Math.sqrt(3000 / Math.max(1, xs.length))))
    const images = spritesOf(Math.min(7, 2 * few * zoom ** 0.35), ratio)
    const half = spriteSize / 2
    const unit = scale() * ratio
    const left = (width() / 2 + middle.x) * ratio - half
    const top = (height() / 2 + middle.y) * ratio - half
    const other = images.length - 1
    for (const isMeant of shown ? [false, true] : [true]) {
      drawing.globalAlpha = isMeant ? 0.8 : 0.1
      for (let place = 0; place < xs.length; place++) {
        if (shown && shown.has(place) !== isMeant) continue
        const x = (xs[place] as number) * unit + left
        const y = (ys[place] as number) * unit + top
        if (x < -spriteSize || y < -spriteSize || x > w || y > h) continue
        const slot = cluster[place] as number
        drawing.drawImage(images[slot >= 0 && slot < other ? slot : other] as HTMLCanvasElement, x | 0, y | 0)
      }
    }
    drawing.globalAlpha = 1
    drawing.setTransform(ratio, 0, 0, ratio, 0, 0)
    drawRing()
    drawNames()
    drawLine()
    canvas.dataset.drawMs = (performance.now() - began).toFixed(1)
  }

  function drawRing() {
    if (chosen === null || !points) return
    const { x, y } = toScreen(points.x[chosen] ?? 0, points.y[chosen] ?? 0)
    drawing.beginPath()
    drawing.arc(x, y, 9, 0, Math.PI * 2)
    drawing.strokeStyle = colours.text
    drawing.lineWidth = 2
    drawing.stroke()
  }

  /** Names the groups, the largest first, where no other name stands. */
  function drawNames() {
    drawing.font = FONT
    drawing.textAlign = 'center'
    drawing.textBaseline = 'middle'
    drawing.lineJoin = 'round'
    drawing.lineWidth = 4
    const taken: { x: number; y: number; wide: number }[] = []
    for (const { label, x: planeX, y: planeY } of names) {
      if (taken.length >= NAMES) break
      const { x, y } = toScreen(planeX, planeY)
      const wide = drawing.measureText(label).width
      if (taken.some((one) => Math.abs(one.y - y) < 18 && Math.abs(one.x - x) < (one.wide + wide) / 2 + 8)) continue
      taken.push({ x, y, wide })
      drawing.strokeStyle = colours.surface
      drawing.strokeText(label, x, y)
      drawing.fillStyle = colours.text
      drawing.fillText(label, x, y)
    }
  }

  function drawLine() {
    if (!line) return
    drawing.beginPath()
    for (const { x, y } of line) drawing.lineTo(x, y)
    drawing.closePath()
    drawing.strokeStyle = colours.accent
    drawing.lineWidth = 1.5
    drawing.stroke()
  }

  function later() {
    frame ||= requestAnimationFrame(draw)
  }

  function zoomAt(factor: number, at: Spot) {
    const next = Math.min(CLOSEST, Math.max(0.6, zoom * factor))
    const x = at.x - width() / 2 - middle.x
    const y = at.y - height() / 2 - middle.y
    middle = { x: middle.x - x * (next / zoom - 1), y: middle.y - y * (next / zoom - 1) }
    zoom = next
    later()
  }

  function spot(event: PointerEvent | WheelEvent): Spot {
    return { x: event.offsetX, y: event.offsetY }
  }
  function pointedAt(at: Spot): number | null {
    if (!points) return null
    const { x, y } = toPlane(at)
    return nearest(points, x, y, REACH / scale())
  }

  function wheel(event: WheelEvent) {
    event.preventDefault()
    zoomAt(Math.exp(-event.deltaY * 0.0015), spot(event))
  }
  function down(event: PointerEvent) {
    if (event.button !== 0) return
    canvas.setPointerCapture(event.pointerId)
    fingers.set(event.pointerId, spot(event))
    travelled = 0
    if (fingers.size === 1 && (isLassoOn || event.shiftKey)) line = [spot(event)]
    listeners.onHover(null)
  }
  function move(event: PointerEvent) {
    const at = spot(event)
    const before = fingers.get(event.pointerId)
    if (!before) {
      const place = pointedAt(at)
      canvas.style.cursor = place === null ? '' : 'pointer'
      listeners.onHover(place === null ? null : { place, ...at })
      return
    }
    travelled += Math.abs(at.x - before.x) + Math.abs(at.y - before.y)
    const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, finger]) => finger)
    fingers.set(event.pointerId, at)
    if (others[0]) {
      const distance = (one: Spot, two: Spot) => Math.hypot(one.x - two.x, one.y - two.y)
      zoomAt(distance(at, others[0]) / Math.max(1, distance(before, others[0])), others[0])
    } else if (line) {
      line.push(at)
    } else {
      middle = { x: middle.x + at.x - before.x, y: middle.y + at.y - before.y }
    }
    later()
  }
  function up(event: PointerEvent) {
    if (!fingers.delete(event.pointerId)) return
    const drawn = line
    line = null
    later()
    if (travelled < MOVED) listeners.onChoose(pointedAt(spot(event)))
    else if (drawn && points) listeners.onDraw(inside(points, drawn.map(toPlane)))
  }
  function cancel(event: PointerEvent) {
    fingers.delete(event.pointerId)
    line = null
    later()
  }
  const leave = () => listeners.onHover(null)

  const size = new ResizeObserver(later)
  size.observe(canvas)
  canvas.addEventListener('wheel', wheel, { passive: false })
  canvas.addEventListener('pointerdown', down)
  canvas.addEventListener('pointermove', move)
  canvas.addEventListener('pointerup', up)
  canvas.addEventListener('pointercancel', cancel)
  canvas.addEventListener('pointerleave', leave)

  return {
    show(map: MemoryMap, next: Points) {
      points = next
      const sums = new Map<number, { x: number; y: number; count: number }>()
      for (let place = 0; place < next.ids.length; place++) {
        const cluster = next.cluster[place] as number
        const sum = sums.get(cluster) ?? { x: 0, y: 0, count: 0 }
        sum.x += next.x[place] as number
        sum.y += next.y[place] as number
        sum.count += 1
        sums.set(cluster, sum)
      }
      names = map.clusters.flatMap(({ id, label }) => {
        const sum = sums.get(id)
        return sum ? [{ label, cluster: id, x: sum.x / sum.count, y: sum.y / sum.count }] : []
      })
      later()
    },
    /** The points that are meant; the others fade. */
    mark(places: ReadonlySet<number> | null, point: number | null) {
      shown = places
      chosen = point
      later()
    },
    lasso(isOn: boolean) {
      isLassoOn = isOn
    },
    recolour() {
      colours = readColours()
      sprites = []
      later()
    },
    zoom(step: 1 | -1 | 0) {
      if (step === 0) {
        zoom = 1
        middle = { x: 0, y: 0 }
        later()
      } else zoomAt(step > 0 ? ZOOM : 1 / ZOOM, { x: width() / 2, y: height() / 2 })
    },
    destroy() {
      cancelAnimationFrame(frame)
      size.disconnect()
      canvas.removeEventListener('wheel', wheel)
      canvas.removeEventListener('pointerdown', down)
      canvas.removeEventListener('pointermove', move)
      canvas.removeEventListener('pointerup', up)
      canvas.removeEventListener('pointercancel', cancel)
      canvas.removeEventListener('pointerleave', leave)
    },
  }
}
