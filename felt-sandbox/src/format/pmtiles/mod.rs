//! PMTiles 3: an archive of Mapbox Vector Tiles.
//!
//! The way of a feature: its places on one grid of whole numbers (`grid`), as pieces (`piece`) whose vertices are
//! weighed once (`weigh`), which are cut (`clip`) from a tile into its four children and drawn on each tile's own
//! grid (`tile`, `polygon`), down to the zoom that suits the layer (`zoom`).

mod archive;
mod clip;
mod grid;
mod holes;
mod metadata;
mod piece;
mod polygon;
mod tile;
mod weigh;
mod zoom;

use std::cmp::Reverse;
use std::path::Path;

use self::archive::Archive;
use self::grid::{Tile, Window};
use self::piece::{Piece, pieces};
use self::tile::Content;
use crate::filter::Filter;
use crate::geometry::Bounds;
use crate::vector::{Feature, Vector};

pub(crate) fn write(
    layer: &Vector,
    id: &str,
    filters: &[Filter],
    path: &Path,
) -> Result<(), String> {
    let features: Vec<&Feature> = layer.select(filters).collect();
    let (level, bounds) = read(&features)?;
    let ranks = ranks(features.len(), &level);
    let deepest = if level.is_empty() {
        0
    } else {
        zoom::deepest(&level)
    };
    let content = Content {
        layer: id,
        features: &features,
        ranks: &ranks,
        deepest,
    };
    let mut archive = Archive::create(
        path,
        metadata::on_the_map(bounds),
        metadata::metadata(layer, id, deepest),
    )?;
    // The curve goes through the four children of a tile before it goes on to the next tile, so that the order of
    // one zoom is that of the next.
    let mut tiles = vec![(Tile::WORLD, level)];
    for zoom in 0..=deepest {
        for (tile, pieces) in &tiles {
            if let Some(bytes) = content.encode(*tile, pieces)? {
                archive.add(*tile, &bytes)?;
            }
        }
        if zoom == deepest {
            break;
        }
        // Not in the loop above: the large buffers that come and go there would scatter what stays all over the heap.
        let mut next = Vec::new();
        for (tile, pieces) in tiles {
            next.extend(split(tile, &pieces)?);
        }
        tiles = next;
    }
    if archive.is_empty() {
        // Some readers take an archive without any tile for damaged.
        archive.add(Tile::WORLD, &content.nothing()?)?;
    }
    archive.finish(path)
}

/// All pieces of the features, and the rectangle around what they show.
fn read(features: &[&Feature]) -> Result<(Vec<Piece>, Option<Bounds>), String> {
    let mut all = Vec::new();
    let mut bounds: Option<Bounds> = None;
    for (index, feature) in (0..).zip(features) {
        let Some(geometry) = feature.parsed_geometry()? else {
            continue;
        };
        let before = all.len();
        all.extend(pieces(index, &geometry.wkt));
        if all.len() > before {
            match &mut bounds {
                Some(bounds) => bounds.extend(geometry.bounds),
                None => bounds = Some(geometry.bounds),
            }
        }
    }
    Ok((all, bounds))
}

/// The order in which features are kept where not all can be: the large ones first, and of the same size ones from
/// everywhere. One order for all tiles, so that what was seen does not go when one comes closer.
fn ranks(features: usize, pieces: &[Piece]) -> Vec<u32> {
    let mut sizes = vec![0; features];
    for piece in pieces {
        if let (Some(size), Some(around)) = (
            sizes.get_mut(piece.feature as usize),
            Window::around(piece.shape.places()),
        ) {
            let widest = (0..2_usize).map(|axis| around.max[axis].abs_diff(around.min[axis]));
            *size = widest.max().unwrap_or_default().max(*size);
        }
    }
    // Multiplied by a prime, neighbours in the layer end up far from each other.
    let scatter = |index: u32| index.wrapping_mul(2_654_435_761);
    let mut order: Vec<(u32, u32)> = (0..).zip(sizes).collect();
    order.sort_unstable_by_key(|&(index, size)| (Reverse(size.checked_ilog2()), scatter(index)));
    let mut ranks = vec![0; features];
    for (rank, (index, _)) in (0..).zip(order) {
        if let Some(place) = ranks.get_mut(index as usize) {
            *place = rank;
        }
    }
    ranks
}

/// A tile's pieces, cut for its children: those that have any, along Hilbert's curve.
fn split(tile: Tile, pieces: &[Piece]) -> Result<Vec<(Tile, Vec<Piece>)>, String> {
    let mut children = Vec::with_capacity(4);
    for child in tile.children() {
        let inside: Vec<Piece> = pieces
            .iter()
            .filter_map(|piece| {
                Some(Piece {
                    shape: piece.shape.within(child)?,
                    ..*piece
                })
            })
            .collect();
        if !inside.is_empty() {
            children.push((archive::place(child)?, (child, inside)));
        }
    }
    children.sort_by_key(|(place, _)| *place);
    Ok(children.into_iter().map(|(_, child)| child).collect())
}
