import { useQuery } from '@tanstack/react-query'
import { ImageUp, Trash2 } from 'lucide-react'
import { type FormEvent, useId, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { may } from '@/api/account'
import { Button } from '@/components/button'
import { inputStyle, TextField } from '@/components/field'
import { Loaded } from '@/components/loaded'
import { Page } from '@/components/page'
import { Panel } from '@/components/panel'
import { Problem } from '@/components/problem'
import { ReadOnly } from '@/components/read-only'
import { toast } from '@/components/toast'
import { useAccount, useOrg } from '@/hooks/use-account'
import { cn } from '@/lib/cn'
import { BLACK, contrast, FOR_TEXT, isHex, textOn, WHITE } from '@/lib/contrast'
import { fieldProblem } from '@/lib/form-problem'
import { BrandPreview } from './components/brand-preview'
import { type Branding, brandingQuery, useRemoveLogo, useSaveBranding, useUploadLogo } from './queries'

const LOGO_TYPES = 'image/png,image/jpeg,image/webp'
const LARGEST_LOGO = 512 * 1024

/** How the organisation looks where people sign in, and in its mails. */
export function BrandingPage() {
  const t = useTranslations('organisation.branding')
  const branding = useQuery(brandingQuery(useOrg()))
  return (
    <Page title={t('title')} note={t('note')}>
      <Loaded query={branding}>{(data) => <Brand stored={data} />}</Loaded>
    </Page>
  )
}

function Brand({ stored }: { stored: Branding }) {
  const t = useTranslations('organisation.branding')
  const account = useAccount()
  const canChange = may(account, 'org:write')
  const [name, setName] = useState(stored.name ?? '')
  const [primary, setPrimary] = useState(stored.primary_color ?? '')
  const [accent, setAccent] = useState(stored.accent_color ?? '')
  const save = useSaveBranding()
  const next = {
    name: name.trim() || null,
    primary_color: primary.trim().toLowerCase() || null,
    accent_color: accent.trim().toLowerCase() || null,
  }
  const isChanged =
    next.name !== stored.name ||
    next.primary_color !== stored.primary_color ||
    next.accent_color !== stored.accent_color
  const isValid = [next.primary_color, next.accent_color].every((one) => one === null || isHex(one))
  function submit(event: FormEvent) {
    event.preventDefault()
    if (isChanged && isValid) save.mutate(next, { onSuccess: () => toast.done(t('saved')) })
  }
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <div className="grid min-w-0 gap-4">
        {canChange ? null : <ReadOnly permission="org:write" />}
        <Panel title={t('look')}>
          <form onSubmit={submit} className="grid gap-4">
            <TextField
              label={t('name')}
              hint={t('nameHint', { name: account.org.name })}
              value={name}
              maxLength={100}
              disabled={!canChange}
              onChange={(event) => setName(event.target.value)}
              error={fieldProblem(save.error, 'name')}
            />
            <ColourField
              isOfButtons
              isOfLinks={!accent}
              label={t('primary')}
              hint={t('primaryHint')}
              value={primary}
              isDisabled={!canChange}
              onChange={setPrimary}
              error={fieldProblem(save.error, 'primary_color')}
            />
            <ColourField
              isOfLinks
              label={t('accent')}
              hint={t('accentHint')}
              value={accent}
              isDisabled={!canChange}
              onChange={setAccent}
              error={fieldProblem(save.error, 'accent_color')}
            />
            <Problem error={save.error} fields={['name', 'primary_color', 'accent_color']} />
            {canChange ? (
              <Button
                type="submit"
                look="primary"
                className="justify-self-end"
                isBusy={save.isPending}
                disabled={!isChanged || !isValid}
              >
                {t('save')}
              </Button>
            ) : null}
          </form>
        </Panel>
        <Logo url={stored.logo_url} canChange={canChange} />
      </div>
      <Panel title={t('preview')} note={t('previewNote')} className="xl:sticky xl:top-19">
        <BrandPreview
          name={next.name ?? account.org.name}
          primary={next.primary_color}
          accent={next.accent_color}
          logoUrl={stored.logo_url}
        />
      </Panel>
    </div>
  )
}

type ColourProps = {
  label: string
  hint: string
  value: string
  isDisabled: boolean
  onChange: (value: string) => void
  error: string | undefined
  isOfButtons?: boolean
  isOfLinks?: boolean
}

/** A colour, picked or typed, with what it does to the text on it. */
function ColourField({ label, hint, value, isDisabled, onChange, error, ...use }: ColourProps) {
  const t = useTranslations('organisation.branding')
  const { number } = useFormatter()
  const id = useId()
  const { isOfButtons = false, isOfLinks = false } = use
  const isKnown = isHex(value)
  const isWrong = value !== '' && !isKnown
  const notes = !isKnown
    ? []
    : [
        isOfButtons &&
          t('contrast', {
            colour: t(textOn(value) === WHITE ? 'white' : 'black'),
            ratio: number(contrast(textOn(value), value), { maximumFractionDigits: 1 }),
          }),
        isOfLinks && contrast(value, WHITE) < FOR_TEXT && t('darkened'),
        isOfLinks && contrast(value, BLACK) < FOR_TEXT && t('lightened'),
        isOfLinks && contrast(value, WHITE) >= FOR_TEXT && contrast(value, BLACK) >= FOR_TEXT && t('readable'),
      ].filter(Boolean)
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-ui font-medium">
        {label}
      </label>
      <div className="flex gap-2">
        <input
          type="color"
          aria-label={t('pick', { label })}
          value={isKnown ? value : '#4f5bd5'}
          disabled={isDisabled}
          onChange={(event) => onChange(event.target.value)}
          className="h-10 w-12 shrink-0 rounded-md border border-line-strong bg-surface p-1"
        />
        <input
          id={id}
          value={value}
          placeholder="#4f5bd5"
          maxLength={7}
          spellCheck={false}
          autoComplete="off"
          disabled={isDisabled}
          aria-invalid={isWrong || error !== undefined}
          aria-describedby={`${id}-note`}
          onChange={(event) => onChange(event.target.value)}
          className={cn(inputStyle, 'h-10 font-mono text-sm')}
        />
        {value && !isDisabled ? (
          <Button size="large" onClick={() => onChange('')}>
            {t('none')}
          </Button>
        ) : null}
      </div>
      <p id={`${id}-note`} className={cn('text-ui', isWrong || error ? 'text-danger' : 'text-muted')}>
        {error ?? (isWrong ? t('wrongColour') : isKnown ? notes.join(' ') : hint)}
      </p>
    </div>
  )
}

function Logo({ url, canChange }: { url: string | null; canChange: boolean }) {
  const t = useTranslations('organisation.branding')
  const file = useRef<HTMLInputElement>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const upload = useUploadLogo()
  const remove = useRemoveLogo()
  function take(chosen: File | undefined) {
    upload.reset()
    setProblem(null)
    if (!chosen) return
    if (!LOGO_TYPES.split(',').includes(chosen.type)) setProblem(t('wrongType'))
    else if (chosen.size > LARGEST_LOGO) setProblem(t('tooLarge'))
    else upload.mutate(chosen, { onSuccess: () => toast.done(t('logoSaved')) })
  }
  return (
    <Panel title={t('logo')} note={t('logoNote')}>
      <div className="grid gap-3">
        <div className="flex flex-wrap items-center gap-4">
          <div className="grid size-16 place-items-center overflow-hidden rounded-lg border bg-sunken">
            {url ? (
              <img src={url} alt={t('logoAlt')} className="max-h-full max-w-full" />
            ) : (
              <ImageUp className="size-6 text-subtle" aria-hidden />
            )}
          </div>
          {canChange ? (
            <div className="flex flex-wrap gap-2">
              <input
                ref={file}
                type="file"
                accept={LOGO_TYPES}
                aria-label={t('chooseLogo')}
                className="sr-only"
                tabIndex={-1}
                onChange={(event) => {
                  take(event.target.files?.[0])
                  // The same file can be chosen again.
                  event.target.value = ''
                }}
              />
              <Button isBusy={upload.isPending} onClick={() => file.current?.click()}>
                <ImageUp aria-hidden />
                {t(url ? 'replaceLogo' : 'uploadLogo')}
              </Button>
              {url ? (
                <Button look="danger" isBusy={remove.isPending} onClick={() => remove.mutate(undefined)}>
                  <Trash2 aria-hidden />
                  {t('removeLogo')}
                </Button>
              ) : null}
            </div>
          ) : null}
        </div>
        {problem ? (
          <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-ui text-danger">
            {problem}
          </p>
        ) : null}
        <Problem error={upload.error ?? remove.error} />
      </div>
    </Panel>
  )
}
