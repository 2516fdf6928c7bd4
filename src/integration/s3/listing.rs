//! Finding the checkpoint with the most entries, and the oldest version of it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;

use super::S3Anchor;
use super::failure::{TOO_MANY, anchor_error};
use crate::audit::journal::{AnchorError, checkpoint_name, size_of_name};

/// One version of an object.
pub(super) struct Version {
    pub(super) id: String,
    pub(super) len: i64,
}

/// Where a page of a listing begins: after this key, or after this version of it.
#[derive(Default)]
struct Marker {
    key: Option<String>,
    version: Option<String>,
}

impl S3Anchor {
    /// The largest size that is at most so large and has a version under this prefix.
    ///
    /// A listing goes upwards, a page of 1,000 at a time, so the end is looked for by leaps that
    /// double, then by halves; what decides is that from the largest size found on, all pages up to
    /// the end hold no larger one.
    pub(super) fn largest(&self, folder: &str, at_most: u64) -> Result<Option<u64>, AnchorError> {
        let mut pages = 0;
        let mut page_after = |after: Option<u64>| {
            pages += 1;
            if pages > MOST_PAGES {
                return Err(TOO_MANY);
            }
            let key = after.map(|size| format!("{folder}{}", checkpoint_name(size)));
            let marker = Marker { key, version: None };
            let page = self.page(folder, marker)?;
            Ok(Sizes::of(&page, folder, at_most))
        };
        let mut found = page_after(None)?;
        let Some(mut low) = found.last else {
            // Nothing at all, or what sorts before every number, if somebody put it there.
            return match found.is_end {
                true => Ok(None),
                false => self.largest_from(folder, Marker::default(), at_most),
            };
        };
        // Nothing was found after it, though there may be something.
        let mut high = None;
        let mut leap = PAGE;
        while !found.is_end {
            let probe = match high {
                None => low.saturating_add(leap).min(at_most),
                Some(high) => low.midpoint(high),
            };
            if probe <= low || high.is_some_and(|high| high.saturating_sub(low) <= PAGE) {
                break;
            }
            leap = leap.saturating_mul(2);
            found = page_after(Some(probe))?;
            match found.last {
                Some(last) => low = low.max(last),
                None => {
                    high = Some(probe);
                    found.is_end = false;
                }
            }
        }
        if found.is_end {
            return Ok(Some(low));
        }
        let key = Some(format!("{folder}{}", checkpoint_name(low)));
        let above = self.largest_from(folder, Marker { key, version: None }, at_most)?;
        Ok(Some(above.map_or(low, |above| above.max(low))))
    }

    /// The largest size from a marker on, page by page.
    fn largest_from(
        &self,
        folder: &str,
        mut marker: Marker,
        at_most: u64,
    ) -> Result<Option<u64>, AnchorError> {
        let mut largest = None;
        for _ in 0..MOST_PAGES {
            let page = self.page(folder, marker)?;
            let sizes = Sizes::of(&page, folder, at_most);
            largest = largest.max(sizes.last);
            match next(&page) {
                Some(next) if !sizes.is_end => marker = next,
                _ => return Ok(largest),
            }
        }
        Err(TOO_MANY)
    }

    /// The oldest version of this key. Versions of a key are listed from the newest to the oldest;
    /// delete markers are none.
    pub(super) fn oldest_version(&self, key: &str) -> Result<Option<Version>, AnchorError> {
        let mut oldest = None;
        let mut marker = Marker::default();
        for _ in 0..MOST_PAGES {
            let page = self.page(key, marker)?;
            let mut of_key = page.versions().iter().filter(|it| it.key() == Some(key));
            if let Some(last) = of_key.next_back() {
                oldest = Some(Version {
                    id: last.version_id().unwrap_or("null").to_owned(),
                    len: last.size().unwrap_or(i64::MAX),
                });
            }
            match next(&page) {
                Some(next) if next.key.as_deref() == Some(key) => marker = next,
                _ => return Ok(oldest),
            }
        }
        Err(TOO_MANY)
    }

    fn page(&self, prefix: &str, marker: Marker) -> Result<ListObjectVersionsOutput, AnchorError> {
        let list = self
            .caller
            .client
            .list_object_versions()
            .bucket(&self.bucket)
            .prefix(prefix)
            .set_key_marker(marker.key)
            .set_version_id_marker(marker.version)
            .customize()
            .config_override(self.caller.limits.config());
        let page = self.caller.wait(list.send());
        page.map_err(|failure| anchor_error(&failure))
    }
}

/// The sizes on a page.
struct Sizes {
    last: Option<u64>,
    /// Nothing that counts comes after it.
    is_end: bool,
}

impl Sizes {
    fn of(page: &ListObjectVersionsOutput, folder: &str, at_most: u64) -> Self {
        let sizes = page.versions().iter().filter_map(|version| {
            let name = version.key()?.strip_prefix(folder)?;
            size_of_name(name)
        });
        let (mut last, mut is_past) = (None, false);
        for size in sizes {
            if size > at_most {
                is_past = true;
            } else {
                last = last.max(Some(size));
            }
        }
        Self {
            last,
            is_end: is_past || next(page).is_none(),
        }
    }
}

/// Where the next page begins, if there is one.
fn next(page: &ListObjectVersionsOutput) -> Option<Marker> {
    let is_truncated = page.is_truncated() == Some(true);
    is_truncated.then(|| Marker {
        key: page.next_key_marker().map(ToOwned::to_owned),
        version: page.next_version_id_marker().map(ToOwned::to_owned),
    })
}

/// How many versions a page has at most, as S3 has it unless it is asked for less.
const PAGE: u64 = 1000;

/// After so many pages that lead nowhere, somebody floods the folder.
const MOST_PAGES: usize = 1000;
