export { mapSearch } from './filters'
export { MapPage } from './map-page'
