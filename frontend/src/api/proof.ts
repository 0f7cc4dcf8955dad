/**
 * Some actions want a proof of who one is that is fresh. What asks for it is a dialog, which the client does not know:
 * it registers here, and the client waits for its answer.
 */
type Ask = () => Promise<boolean>

let ask: Ask | null = null
let running: Promise<boolean> | null = null

/** Is called by what asks, while it is on the page. */
export function onProofWanted(by: Ask) {
  ask = by
  return () => {
    if (ask === by) ask = null
  }
}

/** Asks for a proof, once for all calls that wait for one; false when it was refused or nothing can ask. */
export function getProof(): Promise<boolean> {
  running ??= (ask?.() ?? Promise.resolve(false)).finally(() => {
    running = null
  })
  return running
}
