export { overviewSearch } from './filters'
export { OverviewPage } from './overview-page'
