export { ExportsPage } from './exports-page'
