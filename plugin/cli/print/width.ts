/** Characters that a terminal shows two columns wide (Unicode, East Asian Width W and F, and emoji). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
/** Marks that share the column of what they stand on, and characters without a look of their own. */
const NARROW = /[\p{M}\p{Cf}]/u
const CONTROL = /\p{Cc}/gu

const ELLIPSIS = '…'

const widthOfOne = (character: string): number => (NARROW.test(character) ? 0 : WIDE.test(character) ? 2 : 1)

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  // Nearly every text is plain: that is worth not looking at each character.
  if (/^[ -~]*$/.test(text)) return text.length
  return [...text].reduce((sum, character) => sum + widthOfOne(character), 0)
}

/** A name may hold any character; one that moves the cursor must not reach a terminal. */
export const printable = (text: string): string => text.replaceAll(CONTROL, '\ufffd')

/** The text, cut to so many columns; what is cut ends with an ellipsis. @param width at least 1 */
export function cutText(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let left = width - 1
  for (const character of text) {
    left -= widthOfOne(character)
    if (left < 0) break
    kept += character
  }
  return kept + ELLIPSIS
}

/** Lines that are wider than the terminal go on below, further to the right, broken between words. */
export function foldLines(text: string, width = Number.POSITIVE_INFINITY): string {
  return text
    .split('\n')
    .flatMap((line) => foldLine(line, width))
    .join('\n')
}

function foldLine(line: string, width: number): string[] {
  if (widthOf(line) <= width) return [line]
  const [indent = ''] = /^ */.exec(line) ?? []
  const folded: string[] = []
  let current = indent
  for (const word of line.trim().split(' ')) {
    const begins = current.trim() === ''
    if (!begins && widthOf(current) + 1 + widthOf(word) > width) {
      folded.push(current)
      current = `${indent}    ${word}`
    } else current += begins ? word : ` ${word}`
  }
  return [...folded, current]
}
