/** Short messages at the corner of the window. Whoever sends one does not load what shows it. */
export type ToastMessage = {
  kind: 'done' | 'failed' | 'news'
  title: string
  action?: { label: string; run: () => void } | undefined
}

let show: ((message: ToastMessage) => void) | null = null
const waiting: ToastMessage[] = []

/** Is called by what shows toasts, once it is there. */
export function showToasts(by: (message: ToastMessage) => void) {
  show = by
  for (const message of waiting.splice(0)) by(message)
}

function send(message: ToastMessage) {
  if (show) show(message)
  else waiting.push(message)
}

export const toast = {
  done: (title: string, action?: ToastMessage['action']) => send({ kind: 'done', title, action }),
  /** Stays until it is closed. */
  failed: (title: string, action?: ToastMessage['action']) => send({ kind: 'failed', title, action }),
  /** Stays until it is closed. */
  news: (title: string, action?: ToastMessage['action']) => send({ kind: 'news', title, action }),
}
