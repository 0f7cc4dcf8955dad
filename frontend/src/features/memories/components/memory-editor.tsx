import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type KeyboardEvent, useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '@/components/button'
import { TextArea, TextField } from '@/components/field'
import { LeaveGuard } from '@/components/leave-guard'
import { useReason } from '@/components/plan-limit'
import { toast } from '@/components/toast'
import { useOrg } from '@/hooks/use-account'
import { focusOnce } from '@/lib/focus-once'
import { ApiError } from '@/lib/problem'
import { changesOf, type DraftField, draftOf, FIELDS, flaws, isDirty, rebase } from '../draft'
import { useKnownTypes } from '../known-types'
import { type Edition, memoryQuery, useEditMemory } from '../queries'

const CONFLICT = 412

/** Text, type and metadata of a memory, in the place where they are read. */
export function MemoryEditor({ memory, onClose }: { memory: Edition; onClose: () => void }) {
  const t = useTranslations('memoryEditor')
  const reason = useReason()
  const org = useOrg()
  const client = useQueryClient()
  const types = useKnownTypes()
  const typeList = useId()
  const edit = useEditMemory(memory.memory_id)
  // The revision that the draft is made for: what is loaded anew behind the form must not slip under it.
  const [base, setBase] = useState(memory)
  const [draft, setDraft] = useState(() => draftOf(memory))
  const [wrong, setWrong] = useState<DraftField[]>([])
  const [theirs, setTheirs] = useState<Edition | null>(null)
  const [isLoading, setLoading] = useState(false)
  const [isClosing, setClosing] = useState(false)
  const dirty = isDirty(draft, base)
  const problem = edit.error instanceof ApiError ? edit.error : null

  function write(field: DraftField, value: string) {
    setDraft({ ...draft, [field]: value })
    setWrong(wrong.filter((one) => one !== field))
    // What was said of the fields was said of other values; a conflict stays one.
    if (problem?.fields.length) edit.reset()
  }
  function close() {
    if (dirty) setClosing(true)
    else onClose()
  }
  function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (edit.isPending) return
    const found = flaws(draft)
    setWrong(found)
    if (found[0]) {
      event.currentTarget.querySelector<HTMLElement>(`[name="${found[0]}"]`)?.focus()
      return
    }
    const changes = changesOf(draft, base)
    if (Object.keys(changes).length === 0) {
      onClose()
      return
    }
    edit.mutate(
      { etag: base.etag, changes },
      {
        onSuccess: () => {
          toast.done(t('saved'))
          onClose()
        },
      },
    )
  }
  async function loadTheirs() {
    setLoading(true)
    try {
      const newest = await client.fetchQuery({ ...memoryQuery(org, memory.memory_id), staleTime: 0 })
      setDraft(rebase(draft, base, newest))
      setBase(newest)
      setTheirs(newest)
      edit.reset()
    } catch (error) {
      toast.failed(t('loadFailed', { reason: error instanceof Error ? error.message : '' }))
    } finally {
      setLoading(false)
    }
  }
  function takeTheirs(newest: Edition) {
    setDraft(draftOf(newest))
    setTheirs(null)
  }
  function press(event: KeyboardEvent) {
    if (event.key === 'Escape') {
      // The dialog that opens would hear the same press and close at once.
      event.stopPropagation()
      close()
    }
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey) && event.target instanceof HTMLElement)
      event.target.closest('form')?.requestSubmit()
  }
  function said(field: DraftField) {
    if (wrong.includes(field)) return t(`wrong.${field}`, { example: '{"shop": "harbour"}' })
    return problem?.fields.find(({ pointer }) => pointer === `/${field}` || pointer.startsWith(`/${field}/`))?.detail
  }
  const isAtFields = FIELDS.some((field) => said(field))
  return (
    <>
      <form onSubmit={save} onKeyDown={press} noValidate aria-label={t('title')} className="grid gap-4">
        <TextArea
          ref={focusOnce}
          label={t('content')}
          name="content"
          value={draft.content}
          error={said('content')}
          onChange={(event) => write('content', event.target.value)}
        />
        {theirs && theirs.content !== draft.content ? <Theirs memory={theirs} onTake={takeTheirs} /> : null}
        <TextField
          label={t('type')}
          hint={t('typeHint')}
          name="memory_type"
          list={typeList}
          autoComplete="off"
          spellCheck={false}
          value={draft.memory_type}
          error={said('memory_type')}
          onChange={(event) => write('memory_type', event.target.value)}
        />
        <datalist id={typeList}>
          {types.map((type) => (
            <option key={type} value={type} />
          ))}
        </datalist>
        <TextArea
          label={t('metadata')}
          hint={t('metadataHint')}
          isCode
          name="metadata"
          value={draft.metadata}
          error={said('metadata')}
          onChange={(event) => write('metadata', event.target.value)}
        />
        {edit.error && !isAtFields ? (
          <div role="alert" className="grid justify-items-start gap-2 rounded-md bg-danger-soft p-3 text-ui">
            {problem?.status === CONFLICT ? (
              <>
                <p className="font-medium">{t('conflict.title')}</p>
                <p>{t('conflict.text')}</p>
                <Button isBusy={isLoading} onClick={() => void loadTheirs()}>
                  {t('conflict.load')}
                </Button>
              </>
            ) : (
              <p>{t('failed', { reason: reason(edit.error) })}</p>
            )}
          </div>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{t('cancel')}</Button>
          <Button type="submit" look="primary" isBusy={edit.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
      {/* Outside of the form, which would take an Escape that closes this one for its own. */}
      <LeaveGuard
        isDirty={dirty && !edit.isSuccess}
        isClosing={isClosing}
        onStay={() => setClosing(false)}
        onLeave={onClose}
      />
    </>
  )
}

/** What somebody else has written meanwhile, beside what one has typed. */
function Theirs({ memory, onTake }: { memory: Edition; onTake: (memory: Edition) => void }) {
  const t = useTranslations('memoryEditor.theirs')
  return (
    <section aria-label={t('title')} className="grid justify-items-start gap-2 rounded-md border bg-sunken p-3">
      <div role="status">
        <p className="text-ui font-medium">{t('title')}</p>
        <p className="text-ui text-muted">{t('text')}</p>
      </div>
      <p className="max-w-[75ch] leading-relaxed break-words whitespace-pre-wrap">{memory.content}</p>
      <Button size="small" onClick={() => onTake(memory)}>
        {t('take')}
      </Button>
    </section>
  )
}
