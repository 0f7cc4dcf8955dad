export { graphSearch } from './filters'
export { GraphPage } from './graph-page'
