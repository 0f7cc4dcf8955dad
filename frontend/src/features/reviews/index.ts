export { reviewSearch } from './address'
export { ReviewPage } from './review-page'
