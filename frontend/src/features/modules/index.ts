export { ModulePage } from './module-page'
