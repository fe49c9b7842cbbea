//! What people read: tables, exports, SVG charts, static HTML.
