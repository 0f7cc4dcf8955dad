import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useOrg } from '@/hooks/use-account'
import { MAX_MEGABYTES, refusalOf } from './files'
import { operationsQuery, sendFile } from './queries'

export type UploadState = { id: number; file: File; problem: Error | null }

/** Files on their way to the server: one after the other, since the server reads each as a whole. */
export function useUploads(onSent: (operationId: string) => void = () => {}) {
  const t = useTranslations('imports.refused')
  const org = useOrg()
  const client = useQueryClient()
  const [uploads, setUploads] = useState<UploadState[]>([])
  const queue = useRef(Promise.resolve())
  const last = useRef(0)

  function add(files: File[]) {
    for (const file of files) {
      last.current += 1
      const id = last.current
      const refusal = refusalOf(file)
      const problem = refusal && new Error(t(refusal, { size: MAX_MEGABYTES }))
      setUploads((before) => [...before, { id, file, problem }])
      if (!refusal) queue.current = queue.current.then(() => send(id, file))
    }
  }

  async function send(id: number, file: File) {
    try {
      const operationId = await sendFile(file)
      await client.invalidateQueries({ queryKey: operationsQuery(org).queryKey })
      dismiss(id)
      onSent(operationId)
    } catch (error) {
      const problem = error instanceof Error ? error : new Error(String(error))
      setUploads((before) => before.map((one) => (one.id === id ? { ...one, problem } : one)))
    }
  }

  function again(id: number) {
    const upload = uploads.find((one) => one.id === id)
    if (!upload) return
    setUploads((before) => before.map((one) => (one.id === id ? { ...one, problem: null } : one)))
    queue.current = queue.current.then(() => send(id, upload.file))
  }

  function dismiss(id: number) {
    setUploads((before) => before.filter((one) => one.id !== id))
  }

  return { uploads, add, again, dismiss }
}
