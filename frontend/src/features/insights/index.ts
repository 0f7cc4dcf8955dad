export { overviewSearch } from './filters'
export { OverviewPage } from './overview-page'
export { type Insights, insightsQuery } from './queries'
export { type Span, spansOf } from './spans'
