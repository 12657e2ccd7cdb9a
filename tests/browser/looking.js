() => {
  document.getAnimations().filter((moving) => moving.effect.getComputedTiming().endTime !== Infinity).forEach((moving) => moving.finish())
  const found = []
  const say = (text) => { if (!found.includes(text)) found.push(text) }
  const shown = (node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && node.getClientRects().length > 0
  const short = (node) => `${node.tagName.toLowerCase()}${node.className && node.className.baseVal === undefined ? '.' + String(node.className).trim().split(/\s+/).join('.') : ''} "${(node.textContent || '').trim().slice(0, 40)}"`

  if (document.documentElement.scrollWidth > window.innerWidth) {
    const wide = [...document.body.querySelectorAll('*')].filter((node) => shown(node) && node.getBoundingClientRect().right > window.innerWidth + 1)
    say(`wider than the window: ${document.documentElement.scrollWidth} > ${window.innerWidth}, ${wide.slice(-1).map(short)}`)
  }
  const heads = [...document.querySelectorAll('h1')].filter(shown)
  if (heads.length !== 1) say(`${heads.length} visible h1`)
  if (!document.documentElement.lang) say('no language on html')
  if (document.querySelectorAll('main').length !== 1) say(`${document.querySelectorAll('main').length} main landmarks`)
  const ids = [...document.querySelectorAll('[id]')].map((node) => node.id)
  ids.filter((id, place) => ids.indexOf(id) !== place).forEach((id) => say(`id twice: ${id}`))

  const nameOf = (node) => {
    const by = (node.getAttribute('aria-labelledby') || '').split(/\s+/).map((id) => document.getElementById(id)?.textContent || '').join('').trim()
    const labels = node.labels ? [...node.labels].map((label) => label.textContent).join('').trim() : ''
    const inside = [...node.querySelectorAll('img[alt], svg[aria-label]')].map((part) => part.getAttribute('alt') || part.getAttribute('aria-label')).join('')
    return by || node.getAttribute('aria-label') || labels || (node.textContent || '').trim() || inside || node.getAttribute('title') || node.value
  }
  for (const node of document.querySelectorAll('a[href], button, summary, [role=button]')) if (shown(node) && !nameOf(node)) say(`no name: ${node.outerHTML.slice(0, 90)}`)
  for (const node of document.querySelectorAll('input:not([type=hidden]):not([type=submit]), select, textarea')) {
    const labelled = node.getAttribute('aria-label') || node.getAttribute('aria-labelledby') || (node.labels && node.labels.length)
    if (shown(node) && !labelled) say(`no label: ${node.outerHTML.slice(0, 90)}`)
  }
  for (const node of document.querySelectorAll('img:not([alt])')) say(`no alt: ${node.outerHTML.slice(0, 90)}`)
  for (const node of document.querySelectorAll('[tabindex]')) if (Number(node.getAttribute('tabindex')) > 0) say(`tabindex above 0: ${short(node)}`)

  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 1
  const brush = canvas.getContext('2d', { willReadFrequently: true })
  const known = new Map()
  const rgba = (text) => known.get(text) || known.set(text, painted(text)).get(text)
  const painted = (text) => {
    brush.clearRect(0, 0, 1, 1)
    brush.fillStyle = text
    brush.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  }
  const over = (front, back) => front.slice(0, 3).map((part, place) => part * front[3] + back[place] * (1 - front[3]))
  const light = (color) => color.slice(0, 3).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)).reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0)
  const page = rgba(getComputedStyle(document.documentElement).colorScheme.includes('dark') ? '#000' : '#fff')
  const backs = new Map([[null, page]])
  const behind = (node) => {
    if (!backs.has(node)) {
      const style = getComputedStyle(node)
      const color = rgba(style.backgroundColor)
      const below = color[3] === 1 ? page : behind(node.parentElement)
      backs.set(node, style.backgroundImage !== 'none' || !below ? null : color[3] > 0 ? over(color, below) : below)
    }
    return backs.get(node)
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement
    if (!texts.currentNode.textContent.trim() || !node || !shown(node) || node.closest('[aria-hidden=true], svg, :disabled, [aria-disabled=true], .is-busy, .visually-hidden, option, noscript')) continue
    const style = getComputedStyle(node)
    const back = behind(node)
    if (!back) continue
    const front = over(rgba(style.color), back)
    const [bright, dim] = [light(front), light(back)].sort((a, b) => b - a)
    const ratio = (bright + 0.05) / (dim + 0.05)
    const size = parseFloat(style.fontSize)
    const wanted = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5
    if (ratio + 0.01 < wanted) say(`contrast ${ratio.toFixed(2)} < ${wanted}: ${short(node)}`)
  }
  return found.slice(0, 12)
}
