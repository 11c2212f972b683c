//! The score as a badge for a README.

use super::Audit;

/// A small drawing with the score, as SVG.
pub fn badge(audit: &Audit) -> String {
    let score = audit.score.to_string();
    let fill = match audit.score.0 {
        795.. => "#2e7d32",
        695.. => "#5c7a12",
        595.. => "#9a6700",
        _ => "#b3261e",
    };
    let right = 14 + 7 * score.len();
    let (left, width) = (68, 68 + right);
    let middle = left + right / 2;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"20\" role=\"img\" \
         aria-label=\"nixamine: {score} of 10\"><title>nixamine: {score} of 10</title>\
         <clipPath id=\"r\"><rect width=\"{width}\" height=\"20\" rx=\"3\"/></clipPath>\
         <g clip-path=\"url(#r)\"><rect width=\"{left}\" height=\"20\" fill=\"#424750\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{fill}\"/></g>\
         <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,Geneva,sans-serif\" \
         font-size=\"11\"><text x=\"34\" y=\"14\">nixamine</text>\
         <text x=\"{middle}\" y=\"14\">{score}</text></g></svg>\n"
    )
}
