export { LiveUpdates } from './live-updates'
export { useLive } from './store'
