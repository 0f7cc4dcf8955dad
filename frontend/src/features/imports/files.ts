export const ACCEPTED = ['.txt', '.md', '.html', '.htm', '.pdf', '.docx', '.xlsx', '.csv', '.json', '.jsonl']
const MEGABYTE = 1024 * 1024
export const MAX_MEGABYTES = 32

/** Why a file cannot be sent, or nothing: what the server would say of it, said at once. */
export function refusalOf(file: File): 'kind' | 'size' | 'empty' | null {
  if (!ACCEPTED.some((ending) => file.name.toLowerCase().endsWith(ending))) return 'kind'
  if (file.size === 0) return 'empty'
  return file.size > MAX_MEGABYTES * MEGABYTE ? 'size' : null
}
