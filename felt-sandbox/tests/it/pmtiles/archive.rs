//! An archive, read from its first byte to its last, and checked against the specifications of PMTiles
//! (<https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md>) and of vector tiles.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use flate2::read::GzDecoder;
use geo_types::{Coord, Geometry, LineString, Polygon};
use mvt_reader::Reader;
use mvt_reader::feature::{Feature, Value as Mvt};
use serde_json::{Value, json};

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut content).unwrap();
    content
}

/// Zoom, column and row.
type Number = (u8, u32, u32);

pub struct Archive {
    pub bytes: Vec<u8>,
    pub metadata: Value,
    /// In the order of the directories.
    pub tiles: Vec<(Number, Vec<Feature<i32>>)>,
}

impl Archive {
    /// Opens it and checks what holds for each.
    pub fn new(bytes: Vec<u8>) -> Self {
        let mut archive = Self {
            bytes,
            metadata: Value::Null,
            tiles: vec![],
        };
        assert_eq!(&archive.bytes[..8], b"PMTiles\x03");
        let [root, metadata, leaves, data] = [8, 24, 40, 56].map(|at| archive.section(at));
        assert_eq!(root.0, 127);
        assert!(root.0 + root.1 <= 16_384);
        assert_eq!(
            archive.bytes.len(),
            16_384 + metadata.1 + leaves.1 + data.1,
            "there is something between the sections"
        );
        // Clustered; directories, metadata and tiles are gzip; vector tiles.
        assert_eq!(archive.bytes[96..100], [1, 2, 2, 1]);
        archive.metadata = serde_json::from_slice(&gunzip(archive.slice(0, metadata))).unwrap();

        let mut entries = vec![];
        for entry in directory(&gunzip(archive.slice(0, root))) {
            if entry.run == 0 {
                let leaf = archive.slice(leaves.0, (entry.offset, entry.length));
                entries.extend(directory(&gunzip(leaf)));
            } else {
                entries.push(entry);
            }
        }
        let mut end = 0;
        let mut contents = BTreeSet::new();
        let mut next = 0;
        for entry in &entries {
            assert!(entry.id >= next, "the entries are out of order");
            next = entry.id + entry.run;
            // GDAL and `pmtiles verify` look at the first tile only.
            assert_eq!(
                tile(entry.id).0,
                tile(next - 1).0,
                "a run goes over several zooms"
            );
            // New content follows what there was; other is used again.
            if contents.insert(entry.offset) {
                assert_eq!(entry.offset, end);
                end += entry.length;
            }
            let content = gunzip(archive.slice(data.0, (entry.offset, entry.length)));
            for id in entry.id..next {
                archive.tiles.push((tile(id), features(&content)));
            }
        }
        assert_eq!(end, data.1);
        let counts = [archive.tiles.len(), entries.len(), contents.len()];
        assert_eq!([72, 80, 88].map(|at| archive.number(at)), counts);
        let zooms = [archive.bytes[100], archive.bytes[101]];
        let ends = [archive.tiles.first(), archive.tiles.last()];
        assert_eq!(ends.map(|tile| tile.unwrap().0.0), zooms);
        assert_eq!(archive.metadata["vector_layers"][0]["minzoom"], zooms[0]);
        assert_eq!(archive.metadata["vector_layers"][0]["maxzoom"], zooms[1]);
        assert!((zooms[0]..=zooms[1]).contains(&archive.bytes[118]));
        let [west, south, east, north] = archive.bounds();
        assert!(west < east && south < north);
        archive
    }

    fn number(&self, at: usize) -> usize {
        usize::from_le_bytes(self.bytes[at..at + 8].try_into().unwrap())
    }

    /// Where a section begins, and its length.
    fn section(&self, at: usize) -> (usize, usize) {
        (self.number(at), self.number(at + 8))
    }

    fn slice(&self, base: usize, (offset, length): (usize, usize)) -> &[u8] {
        &self.bytes[base + offset..][..length]
    }

    /// West, south, east, north, in degrees.
    pub fn bounds(&self) -> [f64; 4] {
        [102, 106, 110, 114].map(|at| {
            f64::from(i32::from_le_bytes(
                self.bytes[at..at + 4].try_into().unwrap(),
            )) / 1e7
        })
    }

    pub fn deepest(&self) -> u8 {
        self.bytes[101]
    }

    /// What each tile of a zoom has.
    pub fn zoom(&self, zoom: u8) -> impl Iterator<Item = ((u32, u32), &Feature<i32>)> {
        let tiles = self.tiles.iter().filter(move |((z, ..), _)| *z == zoom);
        tiles.flat_map(|((_, x, y), features)| features.iter().map(|one| ((*x, *y), one)))
    }
}

struct Entry {
    id: usize,
    run: usize,
    length: usize,
    offset: usize,
}

fn directory(bytes: &[u8]) -> Vec<Entry> {
    let mut rest = bytes.iter();
    let mut number = || {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = usize::from(*rest.next().unwrap());
            value |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    };
    let count = number();
    let mut columns = [(); 4].map(|()| (0..count).map(|_| number()).collect::<Vec<_>>());
    for i in 1..count {
        columns[0][i] += columns[0][i - 1];
    }
    for i in 0..count {
        columns[3][i] = match columns[3][i] {
            0 => columns[3][i - 1] + columns[2][i - 1],
            offset => offset - 1,
        };
    }
    assert_eq!(rest.next(), None);
    let [ids, runs, lengths, offsets] = columns;
    (0..count)
        .map(|i| Entry {
            id: ids[i],
            run: runs[i],
            length: lengths[i],
            offset: offsets[i],
        })
        .collect()
}

/// A tile by its place on Hilbert's curve.
fn tile(id: usize) -> Number {
    let (mut zoom, mut place) = (0_u8, id as u64);
    while place >= 1 << (2 * zoom) {
        place -= 1 << (2 * zoom);
        zoom += 1;
    }
    let (mut x, mut y) = (0_u64, 0_u64);
    for level in 0..zoom {
        let size = 1 << level;
        let right = (place / 2) & 1;
        let down = (place ^ right) & 1;
        if down == 0 {
            if right == 1 {
                (x, y) = (size - 1 - x, size - 1 - y);
            }
            (x, y) = (y, x);
        }
        (x, y) = (x + size * right, y + size * down);
        place /= 4;
    }
    (zoom, x as u32, y as u32)
}

fn features(tile: &[u8]) -> Vec<Feature<i32>> {
    let reader = Reader::new(tile.to_vec()).unwrap();
    let layers = reader.get_layer_metadata().unwrap();
    assert_eq!(layers.len(), 1);
    assert_eq!((layers[0].version, layers[0].extent), (2, 4096));
    let features = reader.get_features_as::<i32>(0).unwrap();
    for feature in &features {
        check(&feature.geometry);
    }
    features
}

/// What the specification of vector tiles asks of a geometry, and that it stays within the buffer.
fn check(geometry: &Geometry<i32>) {
    let inside = |at: &Coord<i32>| {
        assert!(
            (-64..=4160).contains(&at.x) && (-64..=4160).contains(&at.y),
            "{at:?}"
        );
    };
    match geometry {
        Geometry::MultiPoint(points) => points.0.iter().for_each(|point| inside(&point.0)),
        Geometry::LineString(line) => assert!(line.lines().all(|l| l.start != l.end)),
        Geometry::MultiLineString(all) => {
            assert!(
                all.iter()
                    .flat_map(LineString::lines)
                    .all(|l| l.start != l.end)
            );
        }
        Geometry::MultiPolygon(all) => {
            for polygon in all {
                polygon.exterior().coords().for_each(inside);
                assert!(area(polygon.exterior()) > 0, "{polygon:?}");
                assert!(polygon.interiors().iter().all(|hole| area(hole) < 0));
            }
            crossings(all.0.as_slice());
        }
        other => panic!("{other:?}"),
    }
}

/// Twice the area by the surveyor's formula.
fn area(ring: &LineString<i32>) -> i64 {
    let cross = |a: Coord<i32>, b: Coord<i32>| {
        i64::from(a.x) * i64::from(b.y) - i64::from(b.x) * i64::from(a.y)
    };
    ring.lines().map(|line| cross(line.start, line.end)).sum()
}

/// No edge of a feature crosses another, or runs along it.
fn crossings(polygons: &[Polygon<i32>]) {
    let rings = polygons
        .iter()
        .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
    let edges: Vec<_> = rings.flat_map(LineString::lines).collect();
    let side = |a: Coord<i32>, b: Coord<i32>, c: Coord<i32>| {
        (i64::from(b.x - a.x) * i64::from(c.y - a.y) - i64::from(c.x - a.x) * i64::from(b.y - a.y))
            .signum()
    };
    for (index, a) in edges.iter().enumerate() {
        for b in &edges[index + 1..] {
            let [c, d] = [b.start, b.end].map(|end| side(a.start, a.end, end));
            let [e, f] = [a.start, a.end].map(|end| side(b.start, b.end, end));
            assert!(c * d >= 0 || e * f >= 0, "{a:?} crosses {b:?}");
            if (c, d) == (0, 0) {
                let along = |at: Coord<i32>| i64::from(at.x) * 100_000 + i64::from(at.y);
                let [mut one, mut other] = [a, b].map(|l| [along(l.start), along(l.end)]);
                one.sort_unstable();
                other.sort_unstable();
                assert!(
                    one[1] <= other[0] || other[1] <= one[0],
                    "{a:?} along {b:?}"
                );
            }
        }
    }
}

/// Longitude and latitude of a place in a tile.
pub fn degrees(zoom: u8, (x, y): (u32, u32), at: Coord<i32>) -> [f64; 2] {
    let share =
        |tile: u32, at: i32| (f64::from(tile) + f64::from(at) / 4096.0) / f64::from(1_u32 << zoom);
    let north = std::f64::consts::PI * (1.0 - 2.0 * share(y, at.y));
    [
        share(x, at.x) * 360.0 - 180.0,
        north.sinh().atan().to_degrees(),
    ]
}

pub fn attributes(feature: &Feature<i32>) -> BTreeMap<String, Value> {
    let attributes = feature.properties.iter().flatten().map(|(name, value)| {
        let value = match value {
            Mvt::String(text) => json!(text),
            Mvt::Double(number) => json!(number),
            Mvt::UInt(number) => json!(number),
            Mvt::SInt(number) => json!(number),
            Mvt::Bool(flag) => json!(flag),
            other => panic!("{other:?}"),
        };
        (name.clone(), value)
    });
    attributes.collect()
}
