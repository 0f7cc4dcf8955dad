export { areasOf, typesWith } from './areas'
export { type EventType, eventTypesQuery } from './queries'
export { useAreaName } from './use-area-name'
