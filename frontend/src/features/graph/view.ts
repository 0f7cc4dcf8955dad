/** The picture of a graph: WebGL for points and lines, a canvas above it for names, a worker for the layout. */
import MultiGraph from 'graphology'
import forceAtlas2 from 'graphology-layout-forceatlas2'
import Layout from 'graphology-layout-forceatlas2/worker'
import Sigma from 'sigma'
import { tokenColour } from '@/lib/colour'
import { slotOf } from './kinds'
import { edgeId, type Graph, type Selection } from './queries'

const FONT = '500 12px "Inter Variable", sans-serif'
const NAME_HEIGHT = 15
// More than these are read by nobody; what is selected comes first, then the largest.
const MOST_NAMES = 70
const SMALLEST = 3
const LARGEST = 13
const FIRST_ROUNDS = 60
const STILL_ROUNDS = 200
const LAYOUT_MS = 2500
const SETTLE_MS = 1200
const ZOOM = 1.6
// So few need not stand back behind the names.
const FEW_LINES = 100
const MOST_MOVED = 1000

export type GraphView = ReturnType<typeof openGraphView>

type Options = { onSelect: (selection: Selection) => void; hasTouchableLines: boolean }

/** Throws where there is no WebGL. */
export function openGraphView(box: HTMLElement, { onSelect, hasTouchableLines }: Options) {
  const graph = new MultiGraph({ multi: true })
  const isStill = window.matchMedia('(prefers-reduced-motion: reduce)').matches
  const widths = new Map<string, number>()
  let colours = readColours()
  let selection: Selection = null
  let near = new Set<string>()
  let hovered: string | null = null
  let layout: Layout | null = null
  let settling: ReturnType<typeof setTimeout> | undefined

  const sigma = new Sigma(graph, box, {
    // Names are drawn below, so that none covers another.
    renderLabels: false,
    enableEdgeEvents: hasTouchableLines,
    stagePadding: 48,
    zIndex: true,
    minCameraRatio: 0.05,
    maxCameraRatio: 3,
    allowInvalidContainer: true,
    defaultDrawNodeHover: (context, { x, y, size }) => {
      context.beginPath()
      context.arc(x, y, size + 3, 0, Math.PI * 2)
      context.strokeStyle = colours.text
      context.lineWidth = 1.5
      context.stroke()
    },
    nodeReducer: (node, data) => {
      const isDimmed = selection !== null && !near.has(node)
      return {
        ...data,
        color: isDimmed ? colours.faint : colours.of(data.kind as string),
        zIndex: isDimmed ? 0 : 1,
      }
    },
    edgeReducer: (edge, data) => {
      const isMeant =
        selection === null ||
        ('edge' in selection ? edge === selection.edge : graph.hasExtremity(edge, selection.entity))
      const isPlain = !data.isStated && graph.size > FEW_LINES
      const color = selection !== null && isMeant ? colours.accent : isPlain ? colours.line : colours.muted
      return { ...data, color, hidden: !isMeant, zIndex: data.isStated ? 1 : 0 }
    },
  })
  sigma.on('clickNode', ({ node }) => onSelect({ entity: node }))
  sigma.on('clickEdge', ({ edge }) => onSelect({ edge }))
  sigma.on('clickStage', () => onSelect(null))
  sigma.on('enterNode', ({ node }) => {
    hovered = node
    box.style.cursor = 'pointer'
    sigma.refresh({ skipIndexation: true })
  })
  sigma.on('leaveNode', () => {
    hovered = null
    box.style.cursor = ''
  })
  sigma.on('enterEdge', () => {
    box.style.cursor = 'pointer'
  })
  sigma.on('leaveEdge', () => {
    box.style.cursor = ''
  })
  sigma.on('afterRender', drawNames)

  function readColours() {
    const kinds = new Map<string, string>()
    return {
      text: tokenColour('--fg'),
      surface: tokenColour('--surface'),
      line: tokenColour('--line'),
      faint: tokenColour('--line'),
      muted: tokenColour('--subtle'),
      accent: tokenColour('--accent'),
      of: (kind: string) => {
        const known = kinds.get(kind) ?? tokenColour(slotOf(kind).token)
        kinds.set(kind, known)
        return known
      },
    }
  }

  /** Writes names where there is room: a name that would cover another, or a point that matters more, is left out. */
  function drawNames() {
    const context = sigma.getCanvases().labels?.getContext('2d')
    if (!context) return
    const { width, height } = sigma.getDimensions()
    context.font = FONT
    context.textBaseline = 'middle'
    context.lineJoin = 'round'
    context.lineWidth = 3
    const taken: [number, number, number, number][] = []
    const isFree = (left: number, top: number, right: number, bottom: number) =>
      taken.every(([l, t, r, b]) => right < l || left > r || bottom < t || top > b)
    const candidates = graph
      .nodes()
      .filter((node) => selection === null || near.has(node) || node === hovered)
      .sort((one, other) => rank(other) - rank(one))
    let drawn = 0
    for (const node of candidates) {
      if (drawn >= MOST_NAMES) break
      const data = sigma.getNodeDisplayData(node)
      const label = graph.getNodeAttribute(node, 'label') as string
      if (!data) continue
      const { x, y } = sigma.framedGraphToViewport(data)
      const size = sigma.scaleSize(data.size)
      if (x < 0 || y < 0 || x > width || y > height) continue
      let wide = widths.get(label)
      if (wide === undefined) {
        wide = context.measureText(label).width
        widths.set(label, wide)
      }
      // On the other side where it would leave the picture.
      const left = x + size + 4 + wide < width ? x + size + 4 : x - size - 4 - wide
      const top = y - NAME_HEIGHT / 2
      if (!isFree(left, top, left + wide, top + NAME_HEIGHT) && node !== hovered) continue
      taken.push([left, top, left + wide, top + NAME_HEIGHT], [x - size, y - size, x + size, y + size])
      context.strokeStyle = colours.surface
      context.strokeText(label, left, y)
      context.fillStyle = colours.text
      context.fillText(label, left, y)
      drawn += 1
    }
    box.dataset.names = String(drawn)
  }

  function rank(node: string) {
    const size = graph.getNodeAttribute(node, 'size') as number
    if (node === hovered) return size + 2000
    return selection !== null && 'entity' in selection && node === selection.entity ? size + 1000 : size
  }

  function settle(isNew: boolean) {
    layout?.kill()
    clearTimeout(settling)
    if (graph.order < 2) return
    const settings = {
      ...forceAtlas2.inferSettings(graph),
      barnesHutOptimize: graph.order > 100,
      gravity: 1,
      scalingRatio: 12,
      slowDown: 5,
      edgeWeightInfluence: 0.5,
    }
    if (isStill || isNew) {
      forceAtlas2.assign(graph, { iterations: isStill ? STILL_ROUNDS : FIRST_ROUNDS, settings })
    }
    if (isStill) return
    layout = new Layout(graph, { settings })
    layout.start()
    const running = layout
    settling = setTimeout(() => running.stop(), isNew ? LAYOUT_MS : SETTLE_MS)
  }

  return {
    /** Shows another graph; what was there stays where it is. */
    show({ nodes, edges }: Graph) {
      const isNew = graph.order === 0
      layout?.kill()
      layout = null
      const wanted = new Map(edges.map((edge) => [edgeId(edge), edge]))
      const ids = new Set(nodes.map((node) => node.id))
      for (const edge of graph.edges()) if (!wanted.has(edge)) graph.dropEdge(edge)
      for (const node of graph.nodes()) if (!ids.has(node)) graph.dropNode(node)
      const most = Math.max(1, ...nodes.map((node) => node.memories))
      const partners = new Map(edges.flatMap(({ source, target }) => [[target, source] as const, [source, target]]))
      for (const [place, { id, name, kind, memories }] of nodes.entries()) {
        const attributes = {
          label: name,
          kind,
          size: SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(memories / most),
        }
        if (graph.hasNode(id)) graph.mergeNodeAttributes(id, attributes)
        else graph.addNode(id, { ...attributes, ...placeOf(partners.get(id), place) })
      }
      const heaviest = Math.max(1, ...edges.map((edge) => edge.weight))
      for (const [id, { source, target, kind, weight }] of wanted) {
        if (!graph.hasNode(source) || !graph.hasNode(target)) continue
        const attributes = { weight, size: 0.5 + 2 * (weight / heaviest), isStated: kind !== 'mentioned_with' }
        if (graph.hasEdge(id)) graph.mergeEdgeAttributes(id, attributes)
        else graph.addEdgeWithKey(id, source, target, attributes)
      }
      sigma.setSetting('hideEdgesOnMove', graph.size > MOST_MOVED)
      box.dataset.nodes = String(graph.order)
      settle(isNew)
      this.select(selection)
    },
    select(next: Selection) {
      selection = next
      if (next && !('entity' in next ? graph.hasNode(next.entity) : graph.hasEdge(next.edge))) selection = null
      near = new Set(
        selection === null
          ? []
          : 'entity' in selection
            ? [selection.entity, ...graph.neighbors(selection.entity)]
            : graph.extremities(selection.edge),
      )
      sigma.refresh({ skipIndexation: true })
    },
    /** Reads the colours anew. */
    recolour() {
      colours = readColours()
      sigma.refresh()
    },
    zoom(step: 1 | -1 | 0) {
      const camera = sigma.getCamera()
      const duration = isStill ? 0 : 200
      if (step === 0) void camera.animatedReset({ duration })
      else
        void (step > 0
          ? camera.animatedZoom({ factor: ZOOM, duration })
          : camera.animatedUnzoom({ factor: ZOOM, duration }))
    },
    destroy() {
      clearTimeout(settling)
      layout?.kill()
      sigma.kill()
    },
  }

  /** Near a partner that is there already, else on a spiral, which is the same each time. */
  function placeOf(partner: string | undefined, place: number) {
    const angle = place * 2.4
    if (partner !== undefined && graph.hasNode(partner) && graph.order > 50) {
      const { x, y } = graph.getNodeAttributes(partner) as { x: number; y: number }
      return { x: x + Math.cos(angle), y: y + Math.sin(angle) }
    }
    return { x: Math.cos(angle) * Math.sqrt(place + 1), y: Math.sin(angle) * Math.sqrt(place + 1) }
  }
}
