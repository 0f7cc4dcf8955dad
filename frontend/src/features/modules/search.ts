import * as z from 'zod/mini'
import { soft } from '@/lib/url-schema'

/** Which of a module's pages is shown, by the path of its UI component; without one, the first. */
export const moduleSearch = z.object({ page: soft(z.string().check(z.maxLength(200), z.startsWith('/'))) })
