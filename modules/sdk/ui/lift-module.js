/**
 * The module's side of `lift-module/1`, for a classic `<script src="/module-ui/sdk/lift-module.js">` before one's own:
 *
 *   const lift = await LiftModule.connect((context) => paint(context))  // now, and whenever something of it changes
 *   lift.ready()                                // what there is to see is there
 *   await lift.fetch('/timeline?days=3')        // the module's own service: { status, body }
 *   lift.navigate('/memories?q=tea'); lift.toast('success', 'Saved')
 *
 * The frame's height follows the document, colours arrive as CSS variables, errors are told to the dashboard.
 */
window.LiftModule = {
  connect(onContext) {
    return new Promise((connected) => {
      const waiting = new Map()
      let port = null
      let last = 0
      const call = (method, params = {}) =>
        new Promise((resolve, reject) => {
          waiting.set(++last, { resolve, reject })
          port.postMessage({ id: last, method, params })
        })
      const apply = (context) => {
        const { style, dataset } = document.documentElement
        for (const [name, value] of Object.entries(context.tokens)) style.setProperty(name, value)
        style.colorScheme = dataset.theme = context.theme
        document.documentElement.lang = context.locale
        onContext?.(context)
      }
      const report = (error) => void call('telemetry.error', { message: String(error).slice(0, 500) }).catch(() => {})
      window.addEventListener('message', ({ source, data, ports }) => {
        if (port || source !== window.parent || data?.lift !== 'module/1:connect') return
        port = ports[0]
        port.onmessage = ({ data: { id, event, data: context, result, error } }) => {
          if (event === 'context') return apply(context)
          const call = waiting.get(id)
          waiting.delete(id)
          error ? call?.reject(error) : call?.resolve(result)
        }
        window.addEventListener('error', (event) => report(event.message))
        window.addEventListener('unhandledrejection', (event) => report(event.reason?.message ?? event.reason))
        apply(data.context)
        new ResizeObserver(() => {
          void call('resize', { height: Math.ceil(document.documentElement.getBoundingClientRect().height) })
        }).observe(document.documentElement)
        connected({
          context: data.context,
          ready: () => call('ready'),
          fetch: (path, { verb = 'GET', body } = {}) => call('fetch', { path, verb, body }),
          navigate: (to) => call('navigate', { to }),
          toast: (kind, text) => call('toast', { kind, text }),
        })
      })
      // An opaque origin cannot know its parent's; the message holds nothing.
      window.parent.postMessage({ lift: 'module/1:hello' }, '*')
    })
  },
}
